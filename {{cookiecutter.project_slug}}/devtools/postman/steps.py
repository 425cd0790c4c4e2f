"""Which requests the collection makes, in which order, and what each of them has to answer."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
METHODS = ("post", "get", "put", "patch", "delete")
PARAMETER = re.compile(r"\{(\w+)\}")
# Who asks: one of two accounts, nobody, or somebody with a false token.
FIRST, SECOND, NOBODY, IMPOSTOR = "first", "second", "nobody", "impostor"
SIGN_IN, TIDY_UP = "sign in", "tidy up"

Folders = dict[str, list["Step"]]


@dataclass(frozen=True)
class Step:
    """One request. An app writes its own ones as dictionaries with these keys.

    Args:
        call: Method and path, as in the OpenAPI document, or of any other page; a query may follow.
        name: What the request is called, if not ``call``.
        by: ``"first"`` or ``"second"`` account, ``"nobody"``, or an ``"impostor"`` with a false token.
        body: Fields beside the samples of the required ones, or instead of them.
        only: Send nothing but ``body``.
        form: The fields of an HTML form, where a page has one.
        headers: Headers of its own.
        ids: Values for parameters of the path, in place of what earlier requests have saved.
        status: The expected status; the first success that is documented, if none is given.
        code: The expected code of a problem.
        saves: Variables, each with the name of the field that it keeps.
        before: Lines of JavaScript for before the request.
        then: Lines of JavaScript for after it.
    """

    call: str
    name: str = ""
    by: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    only: bool = False
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    code: str = ""
    saves: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    @property
    def operation(self) -> str:
        """The call as the documents have it."""
        return self.call.partition("?")[0]

    @property
    def method(self) -> str:
        return self.call.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.call.partition(" ")[2]


@dataclass
class Said:
    """What the apps say in their ``api/postman.py``."""

    scheme: str = "Bearer"
    # Variables that each of the two accounts has a value for.
    personal: tuple[str, ...] = ("email", "password")
    # A command of Django that prints more of them, given the account's e-mail address.
    register: tuple[str, ...] = ()
    sign_in: list[Step] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    last: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Operation:
    """An operation with the document that describes it."""

    method: str
    path: str
    version: str
    description: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def call(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def folder(self) -> str:
        tag = next(iter(self.description.get("tags", [])), "api")
        return tag if self.version == "v1" else f"{tag} ({self.version})"

    @property
    def default_asker(self) -> str:
        """The first account, where who asks makes a difference."""
        return FIRST if any(self.description.get("security", [])) else NOBODY

    @property
    def is_closed(self) -> bool:
        """Whether nobody gets in without signing in."""
        return self.default_asker == FIRST and {} not in self.description["security"]


def read_apps(project: Path = PROJECT) -> Said:
    """Collect ``SCHEME``, ``PERSONAL``, ``REGISTER``, ``SIGN_IN``, ``STEPS`` and ``LAST`` of all apps."""
    said = Said()
    for file in sorted((project / "apps").glob("*/api/postman.py")):
        module = import_module(f"apps.{file.parent.parent.name}.api.postman")
        for name in ("scheme", "personal", "register"):
            setattr(said, name, getattr(module, name.upper(), getattr(said, name)))
        said.sign_in += [Step(**step) for step in getattr(module, "SIGN_IN", ())]
        said.steps += [Step(**step) for step in getattr(module, "STEPS", ())]
        said.last += [Step(**step) for step in getattr(module, "LAST", ())]
    return said


def read_operations(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Operation]:
    """Every operation by its call: short paths first, and what makes something before what reads it."""
    found = [
        Operation(method, path, version, item[method], document)
        for version, document in sorted(documents.items())
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
    found.sort(key=lambda found: (found.version, found.call.count("/"), METHODS.index(found.method)))
    return {operation.call: operation for operation in found}


def plan(operations: Mapping[str, Operation], said: Said) -> Folders:
    """Sort all requests into folders, which are run from first to last."""
    folders: Folders = {SIGN_IN: [*said.sign_in]}
    if any(step.by == SECOND for step in (*said.steps, *said.last)):
        folders[SIGN_IN] += [for_second_account(step, said.personal) for step in said.sign_in]
    for step in said.steps:
        folders.setdefault(operations[step.operation].folder, []).append(step)
    told = {step.operation for step in (*said.sign_in, *said.steps, *said.last)}
    last: list[Step] = []
    for call, operation in operations.items():
        if call not in told:
            home = last if call.startswith("DELETE ") else folders.setdefault(operation.folder, [])
            home += usual_steps(operation)
    for call, operation in operations.items():
        steps = folders.get(operation.folder, [])
        if operation.is_closed and not any(step.by == IMPOSTOR for step in steps):
            steps.append(Step(call, name=f"{call} with a false token", by=IMPOSTOR, status=401))
    # What was made last goes first.
    return {**folders, TIDY_UP: [*reversed(last), *said.last]}


def usual_steps(operation: Operation) -> Iterator[Step]:
    """The requests of an operation about which no app says anything."""
    step = Step(operation.call)
    yield step
    if step.method == "POST" and operation.description.get("requestBody", {}).get("required"):
        name = f"{step.call} without its fields"
        yield replace(step, name=name, only=True, status=400, code="validation_error")
    if step.method == "GET" and (parameters := PARAMETER.findall(step.path)):
        name = f"{step.call}, which is not there"
        yield replace(step, name=name, ids=dict.fromkeys(parameters, "0"), status=404, code="not_found")


def for_second_account(step: Step, personal: tuple[str, ...]) -> Step:
    """The same step of a sign-in, for the other account."""

    def renamed(text: str) -> str:
        return re.sub(rf"\{{\{{(?={'|'.join(personal)})", "{{second_", text)

    return replace(
        step,
        name=f"{step.name} as somebody else",
        body={key: renamed(value) for key, value in step.body.items()},
        form={key: renamed(value) for key, value in step.form.items()},
        saves={f"second_{variable}": name for variable, name in step.saves.items()},
    )


def variable_of(path: str, parameter: str) -> str:
    """The variable that fills a parameter of a path: ``orders_id`` for ``/api/v1/orders/{id}/``."""
    segments = path.strip("/").split("/")
    owner = segments[segments.index(f"{{{parameter}}}") - 1].replace("-", "_")
    return f"{owner}_id" if segments[1] == "v1" else f"{segments[1]}_{owner}_id"


def made_by(step: Step) -> str:
    """The variable that keeps the id of what a POST to a collection makes."""
    return variable_of(f"{step.path}{{id}}/", "id")
