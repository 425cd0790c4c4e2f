"""Static files: collected, complete, and still there."""

from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage

from apps.core.doctor.findings import Finding, command, error_for_users, listed, ok

# As collectstatic: https://docs.djangoproject.com/en/5.2/ref/contrib/staticfiles/
IGNORED = ["CVS", ".*", "*~"]


def examine_manifest() -> list[Finding]:
    storage = staticfiles_storage
    if not isinstance(storage, ManifestFilesMixin):
        return ok("not needed here: the files come straight from the apps")
    if not storage.hashed_files:
        return incomplete(
            f"{storage.manifest_name} is missing or empty",
            wrong='Static files were not collected: pages fail with "Missing staticfiles manifest entry".',
        )
    manifest = storage.hashed_files
    absent = sorted(files_of_apps() - set(manifest))
    if absent:
        return incomplete(
            f"not in the manifest: {listed(absent)}",
            wrong="Static files were added after the last collectstatic; pages that use them fail.",
        )
    gone = sorted(name for name, hashed in manifest.items() if not storage.exists(hashed))
    if gone:
        return incomplete(
            f"in the manifest, but not in STATIC_ROOT: {listed(gone)}",
            wrong="Static files were deleted after they were collected; browsers get 404 for them.",
        )
    return ok(f"{len(manifest)} files collected, each with its hashed name")


def files_of_apps() -> set[str]:
    return {str(path).replace("\\", "/") for finder in get_finders() for path, _ in finder.list(IGNORED)}


def incomplete(seen: str, *, wrong: str) -> list[Finding]:
    mend = f"Type: {command('collectstatic --noinput')}"
    return error_for_users(seen, wrong=wrong, mend=mend, lesson="static-manifest")
