"""A page of one file: a template with its own style and script, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def render_html(template: str, *, script: str, **values: Any) -> str:
    """Render a template of ours; every value is escaped, but for those marked as HTML.

    Parameters
    ----------
    script
        The only one the page may run: the template is given its digest for the page's security policy.
    values
        What else the template takes.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    code = Markup(script)
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")
    return environment.get_template(template).render(script=code, script_hash=f"sha256-{digest}", **values)
