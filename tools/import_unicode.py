#!/usr/bin/env python3
"""Makes src/awsapi/detail/unicode.cc: the ranges of the general categories L, N and Z, from
Python's copy of the Unicode character database."""

import os
import sys
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def ranges_of(category):
    first = None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] == category
        if inside and first is None:
            first = code
        if not inside and first is not None:
            yield first, code - 1
            first = None


def table(category):
    cells = [f"{{0x{first:X}, 0x{last:X}}}," for first, last in ranges_of(category)]
    lines = ["    " + " ".join(cells[i:i + 6]) for i in range(0, len(cells), 6)]
    return f"constexpr CharacterClass::Range in_{category}[] = {{\n" + "\n".join(lines) + "\n};\n"


def main():
    with open(os.path.join(ROOT, "src/awsapi/detail/unicode.cc"), "w", encoding="ascii", newline="\n") as file:
        file.write(f"""// Made by tools/import_unicode.py from Unicode {unicodedata.unidata_version}.
#include "awsapi/detail/unicode.h"

namespace ringwall::awsapi::detail {{
namespace {{

{table("L")}
{table("N")}
{table("Z")}
}}  // namespace

std::span<const CharacterClass::Range> category(char letter) {{
  switch (letter) {{
    case 'L': return in_L;
    case 'N': return in_N;
    case 'Z': return in_Z;
    default: return {{}};
  }}
}}

}}  // namespace ringwall::awsapi::detail
""")


if __name__ == "__main__":
    main()
