"""Images: tags that stay, and a build that takes no more of the checkout than the Dockerfile does."""

from __future__ import annotations

from typing import Any

from rules import of_type


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
    folders = {"cli", "config", "containers", "corpus", "evaluation"}
    assert found == {"LICENSE", "README.md", "pyproject.toml", *folders}
    assert (folder / "containers" / "paddle" / "Dockerfile").exists()
