"""The installed packages and standard library hierarchies on which reading must equal importing.

Each entry is (package, base class, distribution); an empty distribution is the standard library.
The number behind it is how many classes importing gave on CPython 3.11 with the versions that
were installed when it was written: a rough size, not a promise.
"""

from __future__ import annotations

PACKAGES: list[tuple[str, str, str]] = [
    ("pip", "pip._internal.cli.base_command:Command", "pip"),  # 19
    ("pip", "pip._internal.exceptions:PipError", "pip"),  # 33
    ("pip", "pip._vendor.urllib3.exceptions:HTTPError", "pip"),  # 29
    ("sphinx", "docutils.nodes:Node", "sphinx"),  # 66
    ("sphinx", "sphinx.util.docutils:SphinxDirective", "sphinx"),  # 102
    ("sphinx", "sphinx.util.cfamily:ASTBaseBase", "sphinx"),  # 151
    ("sphinx", "sphinx.builders:Builder", "sphinx"),  # 18
    ("docutils", "docutils.nodes:Node", "docutils"),  # 104
    ("docutils", "docutils.parsers.rst:Directive", "docutils"),  # 47
    ("docutils", "docutils.transforms:Transform", "docutils"),  # 34
    ("django", "django.db.models.expressions:BaseExpression", "django"),  # 247
    ("django", "django.db.models.fields:Field", "django"),  # 42
    ("django", "django.core.management.base:BaseCommand", "django"),  # 34
    ("django", "django.forms.widgets:Widget", "django"),  # 50
    ("twisted", "twisted.internet.protocol:BaseProtocol", "twisted"),  # 240
    ("twisted", "twisted.python.usage:Options", "twisted"),  # 35
    ("twisted", "unittest.case:TestCase", "twisted"),  # 1204
    ("matplotlib", "matplotlib.artist:Artist", "matplotlib"),  # 91
    ("matplotlib", "matplotlib.ticker:TickHelper", "matplotlib"),  # 48
    ("matplotlib", "matplotlib.transforms:TransformNode", "matplotlib"),  # 45
    ("sqlalchemy", "sqlalchemy.sql.visitors:Visitable", "sqlalchemy"),  # 695
    ("sqlalchemy", "sqlalchemy.engine.interfaces:Dialect", "sqlalchemy"),  # 42
    ("sqlalchemy", "sqlalchemy.sql.type_api:TypeEngine", "sqlalchemy"),  # 329
    ("sympy", "sympy.core.basic:Basic", "sympy"),  # 1105
    ("sympy", "sympy.core.function:Function", "sympy"),  # 251
    ("sympy", "sympy.printing.printer:Printer", "sympy"),  # 50
    ("faker", "faker.providers:BaseProvider", "faker"),  # 720
    ("faker", "faker.providers.person:Provider", "faker"),  # 86
    ("openpyxl", "openpyxl.descriptors.serialisable:Serialisable", "openpyxl"),  # 438
    ("openpyxl", "openpyxl.descriptors.base:Descriptor", "openpyxl"),  # 59
    ("pygments", "pygments.lexer:Lexer", "pygments"),  # 625
    ("pygments", "pygments.style:Style", "pygments"),  # 50
    ("pylint", "pylint.checkers.base_checker:BaseChecker", "pylint"),  # 76
    ("astroid", "astroid.nodes.node_ng:NodeNG", "pylint"),  # 101
]

STANDARD_LIBRARY: list[tuple[str, str, str]] = [
    ("email", "email._header_value_parser:TokenList", ""),  # 46
    ("email", "email.errors:MessageError", ""),  # 6
    ("email", "email.message:Message", ""),  # 10
    ("logging", "logging:Filterer", ""),  # 20
    ("unittest", "unittest.case:TestCase", ""),  # 61
    ("unittest", "unittest.mock:Base", ""),  # 11
    ("http", "http.client:HTTPException", ""),  # 13
    ("http", "socketserver:BaseRequestHandler", ""),  # 3
    ("json", "builtins:ValueError", ""),  # 1
    ("asyncio", "asyncio.transports:BaseTransport", ""),  # 21
    ("asyncio", "asyncio.protocols:BaseProtocol", ""),  # 11
    ("concurrent", "builtins:Exception", ""),  # 7
    ("xml", "xml.dom:Node", ""),  # 13
    ("xml", "xml.dom:DOMException", ""),  # 16
    ("xml", "xml.sax.xmlreader:XMLReader", ""),  # 3
    ("importlib", "importlib.resources.abc:Traversable", ""),  # 4
    ("importlib", "importlib._abc:Loader", ""),  # 1
    ("collections", "collections.abc:Sized", ""),  # 11
    ("ctypes", "_ctypes:Structure", ""),  # 33
    ("ctypes", "_ctypes:_SimpleCData", ""),  # 22
    ("idlelib", "tkinter:BaseWidget", ""),  # 31
    ("idlelib", "idlelib.delegator:Delegator", ""),  # 7
    ("tkinter", "tkinter:Misc", ""),  # 116
    ("multiprocessing", "multiprocessing.managers:BaseProxy", ""),  # 12
    ("encodings", "codecs:Codec", ""),  # 347
    ("encodings", "codecs:IncrementalDecoder", ""),  # 118
    ("urllib", "urllib.request:BaseHandler", ""),  # 17
    ("wsgiref", "wsgiref.handlers:BaseHandler", ""),  # 5
    ("selectors", "selectors:BaseSelector", ""),  # 4
    ("argparse", "argparse:Action", ""),  # 13
    ("io", "io:IOBase", ""),  # 3
]

DISTRIBUTIONS = sorted({distribution for _, _, distribution in PACKAGES})
