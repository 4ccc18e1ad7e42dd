"""Images: tags that stay, and a build that takes no more of the checkout than the Dockerfile does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rules import of_type, statements

from infra.wildcards import text_of


def test_a_version_never_changes(templates: dict[str, dict[str, Any]]) -> None:
    (repository,) = (said for _, said in of_type(templates["glyphline-prod-images"], "AWS::ECR::Repository"))
    assert repository["RepositoryName"] == "glyphline-prod/glyphline-paddle"
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["EncryptionConfiguration"]["EncryptionType"] == "KMS"
    assert "LifecyclePolicyText" in repository["LifecyclePolicy"]


def test_the_build_sees_only_what_the_dockerfile_copies(tmp_path: Any) -> None:
    import aws_cdk as cdk

    from infra.resources.image_build import context_of

    app = cdk.App(outdir=str(tmp_path))
    context_of(cdk.Stack(app, "Stack"))
    app.synth()
    (folder,) = tmp_path.glob("asset.*")
    found = {path.name for path in folder.iterdir()}
    assert found == {source.partition("/")[0] for source in _copied()}
    assert (folder / "containers" / "paddle" / "Dockerfile").exists()


def _copied() -> Iterator[str]:
    """Yield what the Dockerfiles copy of the checkout."""
    for path in Path("containers").glob("*/Dockerfile"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("COPY ") and "--from=" not in line:
                yield from line.split()[1:-1]


def test_the_build_may_log_and_use_the_key_that_it_is_given(templates: dict[str, dict[str, Any]]) -> None:
    template = templates["glyphline-prod-images"]
    (project,) = (said for _, said in of_type(template, "AWS::CodeBuild::Project"))
    allowed = {
        (action, text_of(one["Resource"]))
        for _, kind, one in statements(template)
        if kind == "AWS::IAM::Policy" and not isinstance(one["Resource"], list)
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    (log,) = (name for name, _ in of_type(template, "AWS::Logs::LogGroup"))
    assert {("logs:CreateLogStream", f"<{log}.Arn>"), ("logs:PutLogEvents", f"<{log}.Arn>")} <= allowed
    key = text_of(project["EncryptionKey"])
    assert {("kms:Decrypt", key), ("kms:GenerateDataKey", key)} <= allowed
