#!/usr/bin/env python3
"""Writes jinja-cases.json: what Jinja2 (3.1.6), set up as Hugging Face sets it up, makes of small templates.

The templates are those that are in the file; a new one is added to it by hand, without text and error. Needs: pip install jinja2==3.1.6
"""
import json
import pathlib
from datetime import datetime

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = lambda form: datetime(2026, 7, 26, 12, 0, 0).strftime(form)


def case(template, variables):
    try:
        return {"template": template, "text": environment.from_string(template).render(**variables)}
    except Exception as error:
        return {"template": template, "error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("jinja-cases.json")
    groups = json.loads(path.read_text())
    for group in groups:
        group["cases"] = [case(c["template"], group["variables"]) for c in group["cases"]]
    path.write_text(json.dumps(groups, ensure_ascii=True, indent=1) + "\n")
