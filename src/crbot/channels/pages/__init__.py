"""Pages for a browser: each one file, with all it needs inside, and nothing fetched from elsewhere.

What they show is `crbot.cases`'; the figures on them are drawn by `charts`.
"""

from __future__ import annotations

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

_environment = SandboxedEnvironment(
    loader=PackageLoader(__name__, "."),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(name: str, **values: object) -> str:
    """A page in words: the template of that name, filled in; what comes from outside is escaped."""
    return _environment.get_template(f"{name}.html").render(values)
