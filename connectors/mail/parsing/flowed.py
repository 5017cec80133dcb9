"""format=flowed (RFC 3676): soft line ends taken out, stuffed blanks removed."""


def unflow(text: str, *, delete_space: bool) -> str:
    """`text` with its paragraphs on one line each; quotation depth and signatures kept.

    `delete_space` is the DelSp parameter: the blank of a soft end is not part of the words.
    """
    pieces: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        if body.startswith(" "):
            body = body[1:]
        is_signature = body == "-- "
        if open_depth != depth or is_signature:
            if pieces:
                pieces.append("\n")
            if depth:
                pieces.append(">" * depth + " ")
        is_soft = body.endswith(" ") and not is_signature
        pieces.append(body[:-1] if is_soft and delete_space else body)
        open_depth = depth if is_soft else None
    return "".join(pieces)
