"""Bytes as text to take away, and text from packets as it can be shown."""

_PER_LINE = 16
_C_PER_LINE = 8


def printable(byte: int) -> str:
    """The character of a byte in the ASCII column; a dot where it has none."""
    return chr(byte) if 0x20 <= byte < 0x7F else "."


def visible_text(text: str) -> str:
    """Text on one line: what cannot be shown, such as a line break in a header, as its escape."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def hex_dump(data: bytes) -> str:
    """Offset, sixteen bytes in hex, and their characters, line by line, as tshark -x writes them."""
    lines = []
    for start in range(0, len(data), _PER_LINE):
        part = data[start:start + _PER_LINE]
        lines.append(f"{start:04x}  {part.hex(' '):<47}   {''.join(map(printable, part))}\n")
    return "".join(lines)


def hex_stream(data: bytes) -> str:
    """All bytes as hex digits in one word."""
    return data.hex()


def c_array(data: bytes, name: str) -> str:
    """The bytes as the definition of an array in C."""
    lines = [", ".join(f"0x{byte:02x}" for byte in data[start:start + _C_PER_LINE])
             for start in range(0, len(data), _C_PER_LINE)]
    body = ",\n".join("  " + line for line in lines)
    return f"static const unsigned char {name}[{len(data)}] = {{\n{body}\n}};\n"
