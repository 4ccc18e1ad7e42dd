// What the labelling task uses of https://assets.crowd.aws/crowd-html-elements.js, which no package has: <crowd-form>
// brings a Submit button, also submits by Enter as forms do, asks its `submit` listeners, then collects the inputs that
// have a name.
customElements.define('crowd-form', class extends HTMLElement {
  connectedCallback() {
    this.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.target.tagName === 'INPUT' && !event.isComposing && !event.defaultPrevented) this.submit();
    });
    document.addEventListener('DOMContentLoaded', () => {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', id: 'crowd-submit', textContent: 'Submit', onclick: () => this.submit() });
      button.style.cssText = 'margin: .75rem; padding: .5rem 1.5rem; border: 0; border-radius: 4px; background: #d9480f; color: #fff';
      this.append(button);
    });
  }

  submit() {
    if (!this.dispatchEvent(new Event('submit', { cancelable: true }))) return;
    const named = [...this.querySelectorAll('[name]')].map((one) => [one.getAttribute('name'), one.value]);
    window.submitted = JSON.stringify(Object.fromEntries(named));
  }
});
