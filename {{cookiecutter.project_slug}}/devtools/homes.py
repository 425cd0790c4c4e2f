"""Where the servers keep their data, and which account they run under.

An ordinary user's servers live in the project's ignored folder ``.local``. Databases refuse to
run as root, and the account that we step down to may reach neither a project nor an environment
below a private home. So root's servers live in a folder of their own outside the home, with copies
of their programs; permissions of folders that are not ours stay as they are.
"""

import contextlib
import os
import secrets
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.errors import DevtoolsError
from devtools.processes import is_root

if sys.platform != "win32":
    import pwd

SHARED_FOLDER = Path("/var/tmp")  # noqa: S108 - see _require_trustworthy
ORDINARY_ACCOUNT = "nobody"


@dataclass(frozen=True)
class Account:
    """An ordinary user that root steps down to."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Home:
    """A folder for the data of the servers, and their account where it is not the current one."""

    folder: Path
    account: Account | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments of Popen that run a program under the account, in a folder open to it."""
        if self.account is None:
            return {"cwd": self.folder}
        account = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return {"cwd": self.folder} | account

    def give(self, path: Path) -> Path:
        """Hand a file or folder that we made to the account."""
        if self.account is not None and sys.platform != "win32":
            os.chown(path, self.account.uid, self.account.gid)
        return path


def local_folder(project: Path) -> Path:
    """The project's ignored folder for everything that belongs to this machine only."""
    folder = project / ".local"
    folder.mkdir(exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise DevtoolsError(
            f"{folder} belongs to another user, perhaps after a start with sudo.\n"
            f"Take it back:  sudo chown -R $(id -un) {folder}"
        )
    return folder


def home_of(project: Path) -> Home:
    """The home of the development servers of this project."""
    if is_root():
        return Home(folder=_roots_folder(project), account=_ordinary_account())
    return Home(folder=local_folder(project))


def temporary_home(home: Home) -> Home:
    """A fresh home beside the data of development, for the tests."""
    folder = Path(tempfile.mkdtemp(prefix="tests-", dir=home.folder))
    # The account has to pass through; what it finds inside has permissions of its own.
    folder.chmod(0o711 if home.account else 0o700)
    return Home(folder=folder, account=home.account)


def _ordinary_account() -> Account:
    if sys.platform == "win32":
        raise AssertionError("Windows has no root.")
    try:
        entry = pwd.getpwnam(ORDINARY_ACCOUNT)
    except KeyError:
        raise DevtoolsError(
            f"The database refuses to run as root, and there is no user {ORDINARY_ACCOUNT!r} to run "
            "it as.\nStart this as an ordinary user, or set DATABASE_URL to a running server."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _roots_folder(project: Path) -> Path:
    project = project.resolve()
    folder = SHARED_FOLDER / f"{project.name}-{_token(project)}"
    try:
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)  # mkdir obeys the umask
    except FileExistsError:
        _require_trustworthy(folder)
    return folder


def _token(project: Path) -> str:
    """What tells this project's folder from that of an earlier project at the same place."""
    file = local_folder(project) / "home"
    if not file.exists():
        draft = file.with_name(f"home-{os.getpid()}")
        draft.write_text(secrets.token_hex(4), encoding="utf-8")
        # Whole or not at all, and never over the choice of a process that was faster.
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text(encoding="utf-8")


def _require_trustworthy(folder: Path) -> None:
    """Refuse a folder that someone else prepared: root runs programs from it."""
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == 0
    if not ours or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise DevtoolsError(
            f"{folder} is not root's alone, so nothing is run from it.\n"
            f"Look what it is, then remove it:  rm -r {folder}"
        )


def reachable_copy(home: Home, *, name: str, sources: list[Path], base: Path) -> Path:
    """The folder to run programs from: ``base`` itself, or a copy that the account can reach.

    Args:
        home: Decides whether a copy is needed.
        name: Names the copy; it has to change when the programs change.
        sources: What to copy, with everything below it.
        base: The folder above all sources; their places relative to it stay the same.
    """
    if home.account is None:
        return base
    place = _roots_store(home)
    copy = place / name
    if not copy.exists():
        _copy(sources, base=base, target=copy)
        _remove_older_copies(copy)
    return copy


def _roots_store(home: Home) -> Path:
    # The tests' temporary homes share the copies of the home that they lie in.
    is_temporary = home.folder.name.startswith("tests-")
    return home.folder.parent if is_temporary else home.folder


def _copy(sources: list[Path], *, base: Path, target: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="copy-", dir=target.parent))
    for source in sources:
        copied = scratch / source.relative_to(base)
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copied, symlinks=True)
        else:
            shutil.copy2(source, copied)
    for path in [scratch, *scratch.rglob("*")]:
        _open_for_reading(path)
    try:
        # In one step: another process finds the whole copy or none.
        scratch.rename(target)
    except OSError:
        # Someone else was faster; a copy is as good as another.
        shutil.rmtree(scratch)


def _open_for_reading(path: Path) -> None:
    if path.is_symlink():
        return
    executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
    path.chmod(0o755 if executable else 0o644)


def _remove_older_copies(copy: Path) -> None:
    family = copy.name.split("-", maxsplit=1)[0]
    for other in copy.parent.glob(f"{family}-*"):
        if other != copy:
            shutil.rmtree(other, ignore_errors=True)
