"""What each role may do. Data; a migration and `apply_roles` give it to the groups.

Advisors and heads work in their own pages (`oss/`), not in the admin, so their groups hold no permission here:
what they see is decided by `Case.objects.visible_to(user)`.
"""

from users.roles import Role

PAGE_PERMISSIONS = {
    Role.EDITOR: ["add", "change"],
    Role.PUBLISHER: ["add", "change", "publish", "lock", "unlock"],
    Role.ADMINISTRATOR: ["add", "change", "publish", "lock", "unlock", "bulk_delete"],
}
_CONTENT = [
    "wagtailadmin.access_admin",
    *(
        f"{app}.{verb}_{model}"
        for app, model in [("wagtailimages", "image"), ("wagtaildocs", "document")]
        for verb in ("add", "change", "choose")
    ),
    *(f"wagtailmedia.{verb}_media" for verb in ("add", "change")),
]
_COURSES = [f"courses.{verb}_quiz" for verb in ("add", "change", "view")]
_KNOWLEDGE = [f"kb.{verb}_{model}" for model in ("programme", "agency", "fact") for verb in ("add", "change", "view")]
_SEARCH_DESK = [
    f"search.{verb}_{model}" for model in ("ownword", "synonymset", "promotion") for verb in ("add", "change", "delete", "view")
]
PERMISSIONS = {
    Role.EDITOR: [*_CONTENT, *_KNOWLEDGE, *_COURSES, *_SEARCH_DESK],
    Role.PUBLISHER: [*_CONTENT, *_KNOWLEDGE, *_COURSES, *_SEARCH_DESK, "kb.publish_programme", "kb.delete_fact", "courses.publish_quiz"],
    Role.ADMINISTRATOR: [
        *_CONTENT,
        *_KNOWLEDGE,
        *_COURSES,
        *_SEARCH_DESK,
        "kb.publish_programme",
        "courses.publish_quiz",
        "courses.delete_quiz",
        *(f"courses.{verb}_certificate" for verb in ("change", "view")),
        *(f"kb.delete_{model}" for model in ("programme", "agency", "fact")),
        *(f"business.{verb}_{model}" for model in ("stage", "businessfunction", "sector", "province") for verb in ("change", "view")),
        *(f"oss.{verb}_centre" for verb in ("change", "view")),
        *(f"oss.{verb}_centremember" for verb in ("add", "change", "delete", "view")),
        *(f"users.{verb}_user" for verb in ("add", "change", "view")),
        "home.change_sitesettings",
    ],
}


def apply_roles(apps) -> None:
    """Makes the groups and gives them exactly these permissions. `apps`: the registry, also a migration's.

    An app that has no permission at all yet is left out: the first migrations that call this run before the search and
    the courses have any. A permission that is missing from an app that has others raises LookupError.
    """
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    Collection, GroupCollectionPermission = (
        apps.get_model("wagtailcore", "Collection"),
        apps.get_model("wagtailcore", "GroupCollectionPermission"),
    )
    GroupPagePermission, Page = apps.get_model("wagtailcore", "GroupPagePermission"), apps.get_model("wagtailcore", "Page")
    Group.objects.filter(name__in=["Moderators", "Editors"]).delete()  # Wagtail's own; ours have other names
    root, collection = Page.objects.get(depth=1), Collection.objects.get(depth=1)

    def find(name):
        app, codename = name.split(".")
        try:
            return Permission.objects.get(content_type__app_label=app, codename=codename)
        except Permission.DoesNotExist:
            raise LookupError(f"no permission {name}") from None

    ready = set(Permission.objects.values_list("content_type__app_label", flat=True))
    for role in Role:
        group, _ = Group.objects.get_or_create(name=role.value)
        wanted = [find(name) for name in PERMISSIONS.get(role, []) if name.partition(".")[0] in ready]
        group.permissions.set(wanted)
        GroupCollectionPermission.objects.filter(group=group).delete()
        for permission in wanted:
            if permission.content_type.app_label in ("wagtailimages", "wagtaildocs", "wagtailmedia"):
                GroupCollectionPermission.objects.create(group=group, collection=collection, permission=permission)
        GroupPagePermission.objects.filter(group=group).delete()
        for verb in PAGE_PERMISSIONS.get(role, []):
            GroupPagePermission.objects.create(group=group, page=root, permission=find(f"wagtailcore.{verb}_page"))
