#!/bin/sh
# The main job on this machine: labels in, a model trained, compared, gated and registered; then new labels.
# Run again, it says within seconds what it made; `make clean` forgets it. DEMO names the folder it uses.
set -eu

cd "$(dirname "$0")/.."
demo=$(mkdir -p "${DEMO:-.glyphline/demo}" && cd "${DEMO:-.glyphline/demo}" && pwd)
bin=$(pwd)/.venv/bin
export GLYPHLINE_HOME="$demo/home"

began=$(date +%s)
step_began=$began

glyphline() {
    echo
    echo "\$ glyphline $*"
    "$bin/glyphline" "$@"
}

took() {
    now=$(date +%s)
    echo "-- $1: $((now - step_began)) s"
    step_began=$now
}

# What is made once has a mark, so that a demo that was interrupted goes on where it stopped.
once() {
    mark="$demo/.done-$1"
    shift
    if [ -e "$mark" ]; then
        echo "done before"
        return
    fi
    "$@"
    touch "$mark"
}

tags="$demo/tags"

synthesise() {
    rm -rf "$tags"
    glyphline corpus synth pid-tags --count 3000 --seed 7 --out "$tags"
}

arrive() {
    rm -rf "$demo/analysers"
    glyphline corpus synth pid-analysers --count 800 --seed 8 --out "$demo/analysers"
    glyphline corpus add "$tags" "$demo/analysers"
}

approve() {
    glyphline registry approve pid-demo/1 --reason "reads tags; the first of its family"
}

hash_of() { sed -n 's/.*"hash": "\([0-9a-f]*\)".*/\1/p' "$tags/snapshot.json" | head -n 1; }

echo "== 1. Labels: 3,000 tags as they stand on drawings"
once labels synthesise
[ -e "$demo/first" ] || hash_of >"$demo/first"
took "labels"

echo "== 2. The pipeline: examine, prepare, train, evaluate, gate, register"
once first-run glyphline pipeline run --family pid-demo \
    --data "$tags@$(cat "$demo/first")" --champion none --token first
took "the first model"

echo "== 3. An approver promotes version 1"
once approval approve
took "approval"

echo "== 4. New labels arrive: analysers and drives, with characters that nobody had before"
once arrival arrive
took "new labels"

echo "== 5. The pipeline again: from the champion, a larger charset, old lines replayed, nothing forgotten"
once second-run glyphline pipeline run --family pid-demo \
    --data "$tags" --champion pid-demo/1 --token second
took "the second model"

echo "== 6. What an approver sees"
glyphline registry list
glyphline registry compare pid-demo/1 pid-demo/2 --report "$demo/report.html"
took "comparison"

echo
echo "all: $((step_began - began)) s. The report: $demo/report.html"
echo "Approve version 2: GLYPHLINE_HOME=$GLYPHLINE_HOME $bin/glyphline registry approve pid-demo/2 --reason \"…\""
