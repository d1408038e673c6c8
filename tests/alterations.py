"""Certificates, altered: what `ringwall check --perimeter --estate` must refuse. Each alteration leaves a file that is well-formed
and, where that can be, a refutation that still holds: only comparing it with the files tells it from a true one."""
import re

HEAD = "ringwall certificate 3\n"


class Proof:
    """A file of certificates, taken apart."""

    def __init__(self, text):
        self.head, *rest = text.split(HEAD)
        self.certificates = [[line + "\n" for line in one.splitlines()] for one in rest]

    def text(self, replaced=None, head=None):
        """With some certificates replaced: {position: lines, or None to leave it out}."""
        replaced = replaced or {}
        kept = [replaced.get(place, lines) for place, lines in enumerate(self.certificates)]
        return (head or self.head) + "".join(HEAD + "".join(lines) for lines in kept if lines is not None)

    def subjects(self, row):
        return re.findall(rf"(?m)^cell \S+ {re.escape(row)} (.*)$", self.head)


def places(lines, word):
    return [place for place, line in enumerate(lines) if line.startswith(word + " ")]


def clauses(lines):
    """Where they begin and end."""
    begin = places(lines, "cnf")[0] + 1
    return begin, lines.index("proof\n")


def changed(lines, place, line):
    return lines[:place] + ([line] if line is not None else []) + lines[place + 1:]


def with_count(lines, more):
    place = places(lines, "cnf")[0]
    variables, count = lines[place].split()[1:]
    return changed(lines, place, f"cnf {variables} {int(count) + more}\n")


def question(lines, _):
    other = {"identity/resources": "identity/networks", "identity/networks": "identity/resources", "resource/principals": "resource/networks",
             "resource/networks": "resource/principals", "network/principals": "network/resources", "network/resources": "network/principals",
             "trust": "identity/resources", "perimeter": "trust", "agents": "identity/networks"}
    return changed(lines, 0, f"row {other[lines[0].split()[1]]}\n")


def subject(lines, proof):
    mine = [lines[place].split(" ", 1)[1].strip() for place in places(lines, "subject")]
    others = [one for one in proof.subjects(lines[0].split()[1]) if one not in mine]
    return changed(lines, places(lines, "subject")[0], f"subject {others[0] if others else mine[0] + 'x'}\n")


def caller(lines, _):
    found = places(lines, "case")
    if not found:
        return lines[:places(lines, "cnf")[0]] + ["case anybody, unsigned: 1 action, s3:GetObject\n"] + lines[places(lines, "cnf")[0]:]
    who, rest = lines[found[0]][len("case "):].rsplit(": ", 1)
    return changed(lines, found[0], f"case {who}x: {rest}")


def owner(lines, _):
    place = places(lines, "resources")[0]
    return changed(lines, place, re.sub(r"^resources of [^,]+", "resources of 123456789012", lines[place]))


def policy_hash(lines, _):
    found = places(lines, "policy")
    if not found:
        return None
    word, layer, digest, name = lines[found[-1]].split(" ", 3)
    return changed(lines, found[-1], f"{word} {layer} {digest[:-1]}{'0' if digest[-1] != '0' else '1'} {name}")


def policy_dropped(lines, _):
    found = places(lines, "policy")
    return changed(lines, found[0], None) if found else None


def layer_swapped(lines, _):
    found = places(lines, "policy")
    if not found:
        return None
    word, layer, rest = lines[found[0]].split(" ", 2)
    return changed(lines, found[0], f"{word} {'boundary' if layer != 'boundary' else 'identity'} {rest}")


def policy_order(lines, _):
    found = places(lines, "policy")
    for first, second in zip(found, found[1:]):
        if lines[first] != lines[second]:
            return lines[:first] + [lines[second], lines[first]] + lines[second + 1:]
    return None


def variable(lines, _):
    found = places(lines, "variable")
    if not found:
        return None
    place = found[len(found) // 2]
    return changed(lines, place, lines[place].rstrip("\n") + "-not\n")


def clause_added(lines, _):
    if lines[places(lines, "cnf")[0]].startswith("cnf 0 "):
        return None
    begin, _ = clauses(lines)
    return with_count(lines[:begin] + ["1 0\n"] + lines[begin:], 1)


def clause_strengthened(lines, _):
    begin, end = clauses(lines)
    for place in range(end - 1, begin - 1, -1):
        literals = lines[place].split()[:-1]
        if len(literals) > 1:
            return changed(lines, place, " ".join(literals[1:]) + " 0\n")
    return None


def clause_dropped(lines, _):
    begin, _ = clauses(lines)
    return with_count(changed(lines, begin, None), -1)


def axiom_invented(lines, _):
    place = (places(lines, "axiom") or places(lines, "variable") or places(lines, "cnf"))[0]
    return lines[:place] + ["axiom nobody-crosses: no request crosses the perimeter\n"] + lines[place:]


def axiom_altered(lines, _):
    found = places(lines, "axiom")
    return changed(lines, found[0], lines[found[0]].replace(": ", ": always, ", 1)) if found else None


def proof_step(lines, _):
    return lines[:-2] + lines[-1:]  # the step that ends it


def removed(*_):
    return None


ALTERATIONS = {
    "question": question, "subject": subject, "caller": caller, "owner": owner, "policy hash": policy_hash, "policy dropped": policy_dropped,
    "layer swapped": layer_swapped, "policy order": policy_order, "variable meaning": variable, "clause added": clause_added,
    "clause strengthened": clause_strengthened, "clause dropped": clause_dropped, "axiom invented": axiom_invented, "axiom altered": axiom_altered,
    "proof step": proof_step, "certificate removed": removed,
}


def altered(text, stranger=None, every=1):
    """Yields (kind, altered text) for each certificate, or for each `every`th, in turn. `stranger`: a proof of another estate."""
    proof = Proof(text)
    others = [lines for lines in Proof(stranger).certificates if lines not in proof.certificates] if stranger else []
    for number, (kind, alter) in enumerate(ALTERATIONS.items()):
        for place in range(number % every, len(proof.certificates), every):
            lines = alter(proof.certificates[place], proof)
            if lines is None and kind != "certificate removed":
                continue
            if lines != proof.certificates[place]:
                yield kind, proof.text({place: lines})
    for number, lines in enumerate(others):
        if number % every == 0:
            yield "another estate's, beside", proof.text() + HEAD + "".join(lines)
            yield "another estate's, instead", proof.text({number % len(proof.certificates): lines})
    claims = re.findall(r"(?m)^cell .*\n", proof.head)
    for number in range(0, len(claims), every):
        yield "claim dropped", proof.text(head=proof.head.replace(claims[number], "", 1))
        yield "claim invented", proof.text(head=proof.head + claims[number].rstrip("\n") + "x\n")
    yield "date", proof.text(head=re.sub(r"(?m)^today .*$", "today 2199-01-01", proof.head))
