"""Stage source: bytes of a Python file to text, by the encoding that the file declares."""

from __future__ import annotations

import codecs
import io
import tokenize


def decode(data: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding.

    Raises:
        SyntaxError: The encoding is unknown, is none of text (`rot13`), or not the file's.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            raise SyntaxError(f"`{encoding}` is no encoding of text")
        return data.decode(encoding), encoding
    except (LookupError, UnicodeError, ValueError) as error:
        raise SyntaxError(str(error)) from error
