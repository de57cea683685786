"""DataTables, put into a page as text: the library that searches, orders and pages the report's table of forms.

It comes from the package `itables`, which carries DataTables and jQuery in one module of JavaScript. Nothing of
`itables` itself runs: its file is read as text, and `static/forms_table.js` begins the table.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from flows.reports.pages import REPORTS

PACKAGE: Final = "itables"
_BUNDLE: Final = "itables/html/dt_bundle.js"
_EXPORTED: Final = re.compile(r"\bexport\s*\{([^{}]*)\}\s*;?(?=\s*(?:/\*.*\*/\s*)?$)", re.DOTALL)
_DEFAULT: Final = re.compile(r"([\w$]+)\s+as\s+default\b")
_ENDS_SCRIPT: Final = re.compile(r"<(?=/script|!--)", re.IGNORECASE)


@cache
def forms_table() -> str:
    """Return the text of the script that makes the table of forms one to be searched.

    It is a module: it runs when the page has been read, and needs no other file.

    Raises:
        RuntimeError: The package `itables` has another bundle than it had when this was written.
    """
    bundle = Path(str(metadata.distribution(PACKAGE).locate_file(_BUNDLE))).read_text("utf-8")
    ours = resources.files(REPORTS).joinpath("static", "forms_table.js").read_text("utf-8")
    return joined(bundle, ours)


def joined(bundle: str, ours: str) -> str:
    r"""Put a script behind a module, which it knows as `DataTable`; the whole can stand in a page.

    Args:
        bundle: A module of JavaScript whose last statement exports the library as its default; its licences may follow.
        ours: What is to run with it.

    Raises:
        RuntimeError: The module does not end in such an export.

    Example:
        >>> joined("const x = '</script>';export{y as jQuery,x as default}", "use(DataTable);")
        "const x = '\\x3c/script>';\nconst DataTable = x;\nuse(DataTable);"
    """
    exported = _EXPORTED.search(bundle)
    library = _DEFAULT.search(exported[1]) if exported else None
    if exported is None or library is None:
        raise RuntimeError(f"{_BUNDLE} of {PACKAGE} does not export DataTables as its default")
    notices = bundle[exported.end() :]
    whole = f"{bundle[: exported.start()]}{notices}\nconst DataTable = {library[1]};\n{ours}"
    return _ENDS_SCRIPT.sub(r"\\x3c", whole)


def source_of(script: str) -> str:
    """Return how a content policy names a script that stands in the page.

    Example:
        >>> source_of("alert(1)")
        "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    """
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
