"""HTTP: the built screens. Files are read into memory once, so no request ever names a path on the disk."""

import gzip
import mimetypes
from pathlib import Path

import msgspec
from aiohttp import web

FOLDER = Path(__file__).parent / "static"
_BUILD = "scripts/setup ui"
_NOT_BUILT = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>CTI</title></head>
<body><h1>The screens are not built</h1>
<p>The service runs. To build its screens: <code>{_BUILD}</code>, then reload this page.</p></body></html>
"""
_SQUEEZED = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml", "application/json"})
_SMALLEST_SQUEEZED = 1_000


class _File(msgspec.Struct, frozen=True):
    body: bytes
    squeezed: bytes | None
    content_type: str
    cache: str


class Pages:
    """The files of *folder*: `assets/*` never change, since their names carry a hash; all else is asked for anew."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._built_at = 0

    async def serve(self, request: web.Request) -> web.Response:
        """Return the file, the page itself for a path of the page's own routes, or 404."""
        self._refresh()
        path = request.match_info["path"]
        file = self._files.get(path)
        if file is None:
            if "." in path.rpartition("/")[2] or path.startswith(("api/", "assets/")):
                raise web.HTTPNotFound
            file = self._files.get("index.html")
        if file is None:
            return web.Response(text=_NOT_BUILT, content_type="text/html", headers={"Cache-Control": "no-store"})
        headers = {"Cache-Control": file.cache, "Content-Type": file.content_type}
        if file.squeezed is not None:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                return web.Response(body=file.squeezed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=file.body, headers=headers)

    def _refresh(self) -> None:
        """Read the folder again when its index.html is another than before."""
        try:
            built_at = (self._folder / "index.html").stat().st_mtime_ns
        except OSError:
            return
        if built_at == self._built_at:
            return
        root = self._folder.resolve()
        self._files = {
            path.relative_to(root).as_posix(): _read(path, path.relative_to(root).as_posix())
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }
        self._built_at = built_at


def _read(path: Path, name: str) -> _File:
    body = path.read_bytes()
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    squeezed = None
    if content_type in _SQUEEZED and len(body) >= _SMALLEST_SQUEEZED:
        squeezed = gzip.compress(body, mtime=0)
    cache = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return _File(body, squeezed, content_type, cache)
