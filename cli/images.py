"""`glyphline images`: build the container images, and bring them to the account."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli import completion
from cli.options import EnvironmentOption
from cli.output import tell_next
from config.errors import StateError

if TYPE_CHECKING:
    from pipelines.place import Place

_SCRIPT = Path(__file__).parent.parent / "scripts" / "build-image.sh"
_ENGINES = ("docker", "podman")
_STDERR = 2
"""What an engine prints goes there, so that standard output is the URI and nothing else."""

ImageOption = Annotated[
    str | None,
    typer.Option(
        help="A name in config/images.py; none: all that the environment's families need.",
        autocompletion=completion.images,
    ),
]
DeviceOption = Annotated[Literal["cpu", "gpu"], typer.Option(help="Which requirements the image has.")]

app = typer.Typer(help="Container images: build them, and push them to the account.", no_args_is_help=True)


@app.command()
def build(
    environment: EnvironmentOption = "dev", image: ImageOption = None, device: DeviceOption = "cpu"
) -> None:
    """Build container images here, with docker or podman.

    As `make images` does: the environment variables of docs/images.md hold.

    Example: `glyphline images build --image paddle`
    """
    wanted, engine = _wanted(environment, image), _engine(environment, image)
    for name in wanted:
        _run(["sh", str(_SCRIPT), name], doing=f"building {name}", ENGINE=engine, DEVICE=device)
        typer.echo(_built(name, device))
    tell_next("images", "push", "--environment", environment, *(("--image", image) if image else ()))


@app.command()
def push(
    environment: EnvironmentOption = "dev", image: ImageOption = None, device: DeviceOption = "cpu"
) -> None:
    """Push what was built to ECR, the registry of the account.

    Prints the URI with its digest, and how to pin the pipelines to it. A version's image never changes: what
    is there already is named, not replaced.

    Example: `glyphline images push --environment dev --image paddle`
    """
    from cli.account import account_of, client, refusals
    from config.environment import load_environment
    from pipelines.place import Place

    wanted, chosen = _wanted(environment, image), load_environment(environment)
    engine = _engine(environment, image)
    with refusals():
        place = Place(chosen, account_of(chosen))
        registry = client("ecr", chosen)
        for name in wanted:
            uri = _pushed(engine, registry, place, name, device)
            typer.echo(uri)
            _explain(environment, name, uri.partition("@")[2], pinned=chosen.images.get(name))


def _explain(environment: str, image: str, digest: str, *, pinned: str | None) -> None:
    """Say on standard error what makes the pipelines run this very image."""
    if pinned == digest:
        typer.echo(f"note: the pipelines of {environment} run this image", err=True)
        return
    typer.echo(
        f"note: to pin the pipelines to it, say in config/environments/{environment}.yaml, and deploy:\n"
        f"images:\n  {image}: {digest}",
        err=True,
    )


def _pushed(engine: str, registry: Any, place: Place, image: str, device: str) -> str:
    """Return the image's URI in the account, by its digest."""
    local, tag = _built(image, device), _version() if device == "cpu" else f"{_version()}-{device}"
    uri, repository = place.image_uri(image, tag), place.repository(image)
    there = _digest(registry, place, image, tag)
    if there is not None:
        note = "is there, and a version never changes: to push another, raise the version in pyproject.toml"
        typer.echo(f"note: {uri} {note}", err=True)
        return f"{uri.removesuffix(f':{tag}')}@{there}"
    _log_in(engine, registry, uri.split("/")[0])
    _run([engine, "tag", local, uri], doing=f"naming {local} (glyphline images build makes it)")
    _run([engine, "push", uri], doing=f"pushing {uri}")
    pushed = _digest(registry, place, image, tag)
    if pushed is None:
        raise StateError(f"{engine} pushed {uri}, but the repository {repository} does not have it.")
    return f"{uri.removesuffix(f':{tag}')}@{pushed}"


def _digest(registry: Any, place: Place, image: str, tag: str) -> str | None:
    """Return the digest that the account knows `tag` by, or None where it does not know it.

    Raises:
        StateError: there is no such repository.
    """
    repository = place.repository(image)
    try:
        answer = registry.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except registry.exceptions.ImageNotFoundException:
        return None
    except registry.exceptions.RepositoryNotFoundException as error:
        name = place.environment.environment
        remedy = f"Make it: npx cdk deploy {place.prefix}-images --context environment={name}."
        raise StateError(f"The account has no repository {repository}. {remedy}") from error
    return str(answer["imageDetails"][0]["imageDigest"])


def _log_in(engine: str, registry: Any, host: str) -> None:
    import base64

    token = registry.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    command = [engine, "login", "--username", user, "--password-stdin", host]
    _run(command, doing=f"logging in to {host}", said=password)


def _engine(environment: str, image: str | None) -> str:
    """Return docker or podman, the first that works; the variable ENGINE names the only one to try.

    Raises:
        StateError: none does.
    """
    named = os.environ.get("ENGINE")
    for candidate in [named] if named else _ENGINES:
        try:
            done = subprocess.run([candidate, "info"], capture_output=True, check=False)
        except FileNotFoundError:
            continue
        if done.returncode == 0:
            return candidate
    project = f"glyphline-{environment}-image-{image or 'IMAGE'}"
    raise StateError(
        f"{named or 'Neither docker nor podman'} {'does not work' if named else 'works'} here. Install one "
        "(on Debian: sudo apt-get install podman buildah), or let CodeBuild build in the account, after "
        f"npx cdk deploy: aws codebuild start-build --project-name {project}"
    )


def _wanted(environment: str, image: str | None) -> list[str]:
    from config.environment import load_environment
    from config.images import check_image
    from config.tasks import load_family

    if image is not None:
        check_image(image)
        return [image]
    families = load_environment(environment).families
    return sorted({load_family(one).training.image for one in families})


def _built(image: str, device: str) -> str:
    """Return the name that scripts/build-image.sh gives."""
    return f"glyphline-{image}:{_version()}-{device}"


def _version() -> str:
    from importlib.metadata import version

    return version("glyphline")


def _run(command: Sequence[str], *, doing: str, said: str | None = None, **variables: str) -> None:
    done = subprocess.run(
        command, input=said, text=True, stdout=_STDERR, env={**os.environ, **variables}, check=False
    )
    if done.returncode != 0:
        raise StateError(f"{doing} failed: {command[0]} left with exit code {done.returncode} (see above).")
