"""What an editor changes goes into the file as it was; what the editor does not know stays."""

import pytest
from lxml import etree

from designer_api.files.contents import encoding_of, text_of
from designer_api.files.grafting import NotGraftable, graft
from tests.conformance.miwg.compare import compare
from tests.designer_api.foreign_files import FILES

KEPT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<!-- by hand -->\n"
    '<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:v="urn:vendor"\n'
    '    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">\n'
    '  <b:process id="p" v:colour="red">\n'
    "    <!-- kept -->\n"
    '    <b:task id="a" name="One &#13;&#10;two"><b:documentation><![CDATA[<i>x</i>]]></b:documentation></b:task>\n'
    '    <b:task id="z"/>\n'
    '    <b:subProcess id="sub"/>\n'
    '    <v:unknown><v:deep id="x"/></v:unknown>\n'
    "  </b:process>\n"
    "</b:definitions>\n"
)
# as the editor writes it: other prefixes, no comments, the vendor's element gone, a line end lost, something added
EDITOR = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">'
    '<bpmn:process id="p"><bpmn:task id="a" name="One &#10;two">'
    "<bpmn:documentation>&lt;i&gt;x&lt;/i&gt;</bpmn:documentation></bpmn:task>"
    '<bpmn:task id="z"/><bpmn:subProcess id="sub"/></bpmn:process><bpmn:signal id="own"/></bpmn:definitions>'
)


def grafted(after: str) -> str:
    return graft(KEPT.encode(), EDITOR, after).decode()


def test_without_a_change_nothing_changes() -> None:
    assert compare(KEPT.encode(), grafted(EDITOR).encode()) == []
    assert grafted(EDITOR).count("<!--") == 2
    assert grafted(EDITOR).startswith('<?xml version="1.0" encoding="UTF-8"?>\n<!-- by hand -->')
    assert grafted(EDITOR).endswith("</b:definitions>\n")
    bare = KEPT.split("\n", 1)[1]
    assert graft(bare.encode(), EDITOR, EDITOR).startswith(b"<!-- by hand -->")
    assert "<![CDATA[<i>x</i>]]>" in grafted(EDITOR)


def test_a_changed_attribute_is_all_that_changes() -> None:
    after = grafted(EDITOR.replace('id="z"', 'id="z" name="Zed"'))
    assert after == grafted(EDITOR).replace('id="z"', 'id="z" name="Zed"')
    assert grafted(EDITOR.replace(' name="One &#10;two"', "")) == grafted(EDITOR).replace(
        ' name="One &#13;&#10;two"', ""
    )


def test_what_is_added_stands_beside_its_neighbour_and_means_the_same() -> None:
    new = (
        '<bpmn:task id="z"/><bpmn:sequenceFlow id="f" sourceRef="a" targetRef="z">'
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">x</bpmn:conditionExpression>'
        "</bpmn:sequenceFlow>"
    )
    after = grafted(EDITOR.replace('<bpmn:task id="z"/>', new))
    tree = etree.fromstring(after.encode())
    process = tree[0] if tree[0].get("id") == "p" else tree.find("{*}process")
    names = [child.get("id") for child in process if isinstance(child.tag, str)]
    assert names == ["a", "z", "f", "sub", None]
    assert 'xsi:type="b:tFormalExpression"' in after
    assert "xmlns:bpmn" not in after


def test_what_is_removed_is_gone_and_its_neighbours_stay() -> None:
    after = grafted(EDITOR.replace('<bpmn:task id="z"/>', ""))
    assert 'id="z"' not in after
    assert after.replace(" ", "").replace("\n", "") == grafted(EDITOR).replace(
        '<b:task id="z"/>', ""
    ).replace(" ", "").replace("\n", "")


def test_what_becomes_another_kind_of_element_is_there_once() -> None:
    after = grafted(EDITOR.replace('<bpmn:task id="z"/>', '<bpmn:userTask id="z"/>'))
    assert after == grafted(EDITOR).replace('<b:task id="z"/>', '<b:userTask id="z"/>')


def test_references_keep_their_places_when_an_editor_puts_one_back_at_the_end() -> None:
    lanes = '<{0}lane id="l"><{0}flowNodeRef>{1}</{0}flowNodeRef></{0}lane>'
    between = "</{0}flowNodeRef><{0}flowNodeRef>"

    def lane(prefix: str, *names: str) -> str:
        return lanes.format(prefix, between.format(prefix).join(names))

    place = "<b:task", "<bpmn:task"
    kept = KEPT.replace(place[0], lane("b:", "a", "b", "c") + place[0], 1)
    before = EDITOR.replace(place[1], lane("bpmn:", "a", "b", "c") + place[1], 1)
    after = EDITOR.replace(place[1], lane("bpmn:", "b", "c", "d", "a") + place[1], 1)
    tree = etree.fromstring(graft(kept.encode(), before, after))
    assert [one.text for one in tree.find(".//{*}lane")] == ["a", "b", "c", "d"]


def test_what_gets_another_parent_takes_along_what_it_holds() -> None:
    start = EDITOR.index('<bpmn:task id="a"')
    end = EDITOR.index("<bpmn:subProcess")
    tasks = EDITOR[start:end]
    moved = EDITOR.replace(tasks, "").replace(
        '<bpmn:subProcess id="sub"/>', f'<bpmn:subProcess id="sub">{tasks}</bpmn:subProcess>'
    )
    tree = etree.fromstring(grafted(moved).encode())
    sub = tree.find(".//{*}subProcess")
    assert [child.get("id") for child in sub] == ["a", "z"]
    assert sub[0].get("name") == "One \r\ntwo"
    assert len(tree.findall(".//{*}task")) == 2


def test_a_change_of_what_only_the_editor_has_comes_along() -> None:
    assert "signal" not in grafted(EDITOR)
    changed = grafted(EDITOR.replace('id="own"', 'id="own" name="told"'))
    assert '<b:signal id="own" name="told"/>' in changed


@pytest.mark.parametrize("wrong", ["", "<a/>", "<broken", "<!DOCTYPE a><a/>", "nonsense"])
def test_what_does_not_belong_together_is_not_mixed(wrong: str) -> None:
    with pytest.raises(NotGraftable):
        graft(KEPT.encode(), wrong, EDITOR)
    with pytest.raises(NotGraftable):
        graft(wrong.encode(), EDITOR, EDITOR)


def test_the_encoding_stays() -> None:
    kept = (
        KEPT.replace("UTF-8", "GB18030").replace('id="z"', 'id="z" name="工单"').encode("gb18030")
    )
    before = EDITOR.replace('id="z"', 'id="z" name="工单"')
    after = graft(kept, before, before.replace("工单", "任务"))
    assert 'name="任务"'.encode("gb18030") in after
    assert etree.fromstring(after).find(".//{*}task[@id='z']").get("name") == "任务"


@pytest.mark.parametrize("name", sorted(FILES))
def test_any_file_keeps_all_that_an_editor_leaves_out(name: str) -> None:
    kept = FILES[name]
    whole = bpmn_js_like(kept)
    assert compare(kept, graft(kept, whole, whole)) == []
    named = graft(kept, whole, whole.replace("bpmn:process ", 'bpmn:process processType="Public" '))
    wanted = text_of(kept).replace(
        f"{prefix_of(kept)}:process ", f'{prefix_of(kept)}:process processType="Public" '
    )
    assert compare(wanted.encode(encoding_of(kept)), named) == []
    again = graft(named, whole, whole)
    assert graft(again, whole, whole) == again


def prefix_of(kept: bytes) -> str:
    return next(p for p, uri in etree.fromstring(kept).nsmap.items() if uri.endswith("/MODEL"))


def bpmn_js_like(kept: bytes) -> str:
    """The file as an editor writes it that knows no comment, no vendor and no second element of an id."""
    root = etree.fromstring(
        kept, etree.XMLParser(remove_comments=True, remove_pis=True, remove_blank_text=True)
    )
    seen: set[str] = set()
    for element in list(root.iter()):
        foreign = not element.tag.startswith("{http://www.omg.org/")
        if foreign or element.get("id") in seen:
            if element.getparent() is not None:
                element.getparent().remove(element)
            continue
        seen.add(element.get("id") or "")
        for key in [key for key in element.attrib if key.startswith("{urn:vendor")]:
            del element.attrib[key]
    text = etree.tostring(root, encoding="unicode")
    prefix = prefix_of(kept)
    for end in ("", "di"):
        text = text.replace(f"{prefix}{end}:", f"bpmn{end}:").replace(
            f"xmlns:{prefix}{end}=", f"xmlns:bpmn{end}="
        )
    return text


def test_what_is_left_out_shifts_no_other() -> None:
    def vendors(*words: str) -> str:
        inside = "".join(f'<v:one v:n="{word}">{word}</v:one>' for word in words)
        return f"<{{0}}:extensionElements>{inside}</{{0}}:extensionElements>"

    def task(text: str, prefix: str, words: str) -> str:
        inside = words.format(prefix)
        space = "" if prefix == "b" else ' xmlns:v="urn:vendor"'
        return text.replace(
            f'<{prefix}:task id="z"/>', f'<{prefix}:task id="z"{space}>{inside}</{prefix}:task>'
        )

    kept = task(KEPT, "b", vendors("dropped", "a", "b", "c"))
    before = task(EDITOR, "bpmn", vendors("a", "b", "c"))
    after = task(EDITOR, "bpmn", vendors("a", "c", "d"))
    tree = etree.fromstring(graft(kept.encode(), before, after))
    assert [one.text for one in tree.iter("{urn:vendor}one")] == ["dropped", "a", "c", "d"]


def test_one_cell_of_a_decision_is_all_that_changes() -> None:
    head = '<{0}definitions xmlns{1}="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="D"'
    rules = "".join(
        f'<{{0}}rule id="r{n}"><{{0}}inputEntry id="i{n}"><{{0}}text>"{n}"</{{0}}text></{{0}}inputEntry>'
        "{2}</{0}rule>"
        for n in (1, 2)
    )
    body = f'<{{0}}decision id="x"{{3}}><{{0}}decisionTable id="t"{{4}}>{rules}</{{0}}decisionTable></{{0}}decision>'
    note = "<{0}annotationEntry><{0}text>why</{0}text></{0}annotationEntry><!-- kept --><v:more/>".format(
        "m:"
    )
    known = [' xmlns:v="urn:v" v:owner="me"', ' hitPolicy="UNIQUE"']
    kept = (head + ' xmlns:v="urn:v">\n' + body + "</{0}definitions>").format(
        "m:", ":m", note, *known
    )
    before = (head + ">" + body + "</{0}definitions>").format("", "", "", "", "")
    after = before.replace('"2"', '"two"')
    assert graft(kept.encode(), before, after).decode() == graft(
        kept.encode(), before, before
    ).decode().replace('text>"2"', 'text>"two"')
    assert '<m:text>"two"</m:text>' in graft(kept.encode(), before, after).decode()
    assert compare(kept.encode(), graft(kept.encode(), before, before)) == []


ODD = (
    "<?xml version='1.0' encoding='UTF-8'?>\r\n<!-- top -->\r\n"
    "<b:definitions  xmlns:b='urn:b'\r\n  id = 'd'><b:task id='t'\r\n   name='a&#10;b &quot;c&quot;'></b:task>"
    "<b:text></b:text><b:text />\r\n<b:doc>a &gt; b &#x4e2d; <![CDATA[<]]></b:doc><?keep me?></b:definitions  >\r\n\r\n"
)


def test_what_is_not_changed_is_spelt_as_in_the_file() -> None:
    assert graft(ODD.encode(), ODD, ODD).decode() == ODD
    renamed = graft(ODD.encode(), ODD, ODD.replace("id='t'", "id='t' kind='x'")).decode()
    start, end = ODD.index("<b:task"), ODD.index("</b:task>") + len("</b:task>")
    assert (renamed[:start], renamed[-len(ODD) + end :]) == (ODD[:start], ODD[end:])
    assert 'kind="x"' in renamed[start:]
    filled = graft(ODD.encode(), ODD, ODD.replace("<b:text />", "<b:text>x\ny</b:text>")).decode()
    assert filled == ODD.replace("<b:text />", "<b:text>x\r\ny</b:text>")
    doc = ODD[ODD.index("<b:doc>") : ODD.index("<?keep")]
    assert graft(ODD.encode(), ODD, ODD.replace(doc, "")).decode() == ODD.replace(doc, "")
