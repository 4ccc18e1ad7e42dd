"""What a role may do in SageMaker Studio beside its work: open its profile, look around, have a notebook.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-jl-admin-guide-permissions.html, and
https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol-model-registry.html for its registry
"""

from __future__ import annotations

from infra.resources.access import ANY, Access, Statements, allow, deny

APPROVER_PROFILE = "approver-"
"""What the names of approvers' profiles begin with; `never_as_approver` counts on it."""

_LISTED = ("ListApps", "ListDomains", "ListSpaces", "ListUserProfiles")
_SEARCHED = ("GetSearchSuggestions", "ListArtifacts", "ListAssociations", "ListModelMetadata", "Search")
_OWN = "user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"


def look_around(access: Access) -> Statements:
    """Let open the own profile and see its pages; nothing, where the environment has no Studio."""
    if not access.place.environment.studio:
        return []
    described = access.sagemaker("domain/*", "user-profile/*", "space/*", "app/*")
    kinds = ("App", "Domain", "Space", "UserProfile")
    return [
        allow([f"sagemaker:{one}" for one in (*_LISTED, *_SEARCHED)], [ANY]),
        allow([f"sagemaker:Describe{one}" for one in kinds], described),
        allow(["sagemaker:CreatePresignedDomainUrl"], access.sagemaker(_OWN)),
    ]


def have_notebooks(access: Access) -> Statements:
    """Let have private spaces, and applications in them, that belong to the own profile."""
    if not access.place.environment.studio:
        return []
    (own,) = access.sagemaker(_OWN)
    private = {
        "ArnLike": {"sagemaker:OwnerUserProfileArn": own},
        "StringEquals": {"sagemaker:SpaceSharingType": "Private"},
    }
    spaces, apps = access.sagemaker("space/${sagemaker:DomainId}/*", "app/${sagemaker:DomainId}/*")
    return [
        allow([f"sagemaker:{verb}Space" for verb in ("Create", "Update", "Delete")], [spaces], private),
        allow([f"sagemaker:{verb}App" for verb in ("Create", "Delete")], [apps], private),
        allow(["sagemaker:AddTags"], [spaces, apps]),
    ]


def never_as_approver(access: Access) -> Statements:
    """Refuse to open a profile that works in the approver's role, and to have what belongs to one."""
    if not access.place.environment.studio:
        return []
    profiles = access.sagemaker(f"user-profile/*/{APPROVER_PROFILE}*")
    theirs = {"ArnLike": {"sagemaker:OwnerUserProfileArn": profiles[0]}}
    change = ("CreateSpace", "UpdateSpace", "CreateApp")
    return [
        deny(["sagemaker:CreatePresignedDomainUrl"], profiles),
        deny([f"sagemaker:{one}" for one in change], [ANY], theirs),
        deny([f"sagemaker:{verb}UserProfile" for verb in ("Create", "Update")], [ANY]),
    ]
