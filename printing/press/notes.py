"""What was left out of a document, as `kind:detail`: value (a name without one), address (not fetched), warning."""

MOST = 20
LONGEST = 200


def note(notes: list[str], kind: str, detail: str) -> None:
    """Remember it once; the first MOST are kept."""
    said = f"{kind}:{detail[:LONGEST]}"
    if said not in notes and len(notes) < MOST:
        notes.append(said)
