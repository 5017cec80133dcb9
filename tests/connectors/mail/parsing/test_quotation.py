"""New words apart from quoted ones, as the clients of the world write them."""

import pytest

from connectors.mail.parsing import parse_mail, split_html, split_text
from tests.connectors.mail.parsing.mails import mail, multipart, part

ANSWER = "Thanks, it works now.\n\nLi"


@pytest.mark.parametrize(
    "quotation",
    [
        "On Tue, Jan 2, 2024 at 10:11 AM Desk <desk@example.org> wrote:\n\n> old\n> words",
        "On Tue, Jan 2, 2024 at 10:11 AM Desk\n<desk@example.org>\nwrote:\n\n> old",
        "On 2 Jan 2024, at 10:11, Desk wrote:\nold words, not marked",
        "> On 2 Jan 2024, at 10:11, Desk wrote:\n>\n> old",
        "Am 02.01.2024 um 10:11 schrieb Desk:\n> alt",
        "Le mar. 2 janv. 2024 à 10:11, Desk <desk@example.org> a écrit :\n\n> vieux",
        "El mar, 2 ene 2024 a las 10:11, Desk (<desk@example.org>) escribió:\n\n> viejo",
        "02.01.2024, 10:11, \"Desk\" <desk@example.org>:\n> старое",
        "02.01.2024 10:11 пользователь Desk <desk@example.org> написал:\n\n> старое",
        "在 2024年1月2日，10:11，客服 <desk@example.org> 写道：\n\n> 旧的内容",
        "在 2024-01-02 10:11:12，\"客服\" <desk@example.org> 写道：\n旧的内容",
        "客服 <desk@example.org> 于2024年1月2日周二 10:11写道：\n\n> 旧的内容",
        "2024-01-02 10:11:12，客服 写道：\n旧的内容",
        "At 2024-01-02 10:11:12, \"desk\" <desk@example.org> wrote:\n\n>旧的内容",
        "2024年1月2日(火) 10:11 Desk <desk@example.org>:\n\n> 古い",
        "-----Original Message-----\nFrom: Desk\nSent: Tuesday\nSubject: A\n\nold",
        "----- Original Message -----\nold",
        "-----Ursprüngliche Nachricht-----\nVon: Desk\n\nalt",
        "---------- Forwarded message ---------\nFrom: Desk <desk@example.org>\n\nold",
        "Begin forwarded message:\n\n> From: Desk\n>\n> old",
        "________________________________\nFrom: Desk <desk@example.org>\nSent: Tuesday\n"
        "To: Li\nSubject: A\n\nold",
        "From: Desk [mailto:desk@example.org]\nSent: Tuesday\nTo: Li\nSubject: A\n\nold",
        "*From:* Desk [mailto:desk@example.org]\n*Sent:* Tuesday\n*To:* Li\n*Subject:* A\n\nold",
        "Von: Desk\nGesendet: Dienstag\nAn: Li\nBetreff: A\n\nalt",
        "De : Desk\nEnvoyé : mardi\nÀ : Li\nObjet : A\n\nvieux",
        "От: Desk\nОтправлено: вторник\nКому: Li\nТема: A\n\nстарое",
        "------------------ 原始邮件 ------------------\n发件人: \"客服\" <desk@example.org>;\n"
        "发送时间: 2024年1月2日\n收件人: \"李雷\";\n主题: 回复\n\n旧的内容",
        "-----邮件原件-----\n发件人：客服\n\n旧的内容",
        "发件人： 客服\n发送时间： 2024-01-02 10:11\n收件人： 李雷\n主题： 回复\n旧的内容",
        "发 件 人：desk@example.org\n发送时间：2024-01-02\n收 件 人：li@example.com\n主 题：回复\n旧",
        "---- 回复的原邮件 ----\n| 发件人 | 客服 |\n旧的内容",
        "寄件者: 客服\n寄件日期: 2024年1月2日\n收件者: 李雷\n主旨: 回覆\n\n舊的內容",
        "差出人: Desk\n送信日時: 2024年1月2日\n宛先: Li\n件名: A\n\n古い",
        "##- Please type your reply above this line -##\n\nold",
    ],
)  # fmt: skip
def test_quotations_below_the_answer(quotation: str):
    split = split_text(f"{ANSWER}\n\n{quotation}")
    assert split.newest == ANSWER
    assert split.quoted == quotation


@pytest.mark.parametrize(
    "text",
    [
        "Two questions I had:\n\nWhere is it?\nOn which floor?",
        "We met on 2 Jan 2024 and he wrote:\nplease call me",
        "Booking:\nFrom: Berlin\nTo: Paris\nDate: 3 May",
        "Time: 10:30\nPlace: Room 3\nSubject to change",
        "a - b -- c --- d",
        "Sent from my desk, is much easier than from my phone.",
        "来自北京的客户要求退款",
        "Steps:\n1. open\n--\n" + "\n".join(f"line {i}" for i in range(60)),
    ],
)
def test_words_that_only_look_like_quotations(text: str):
    split = split_text(text)
    assert (split.newest, split.quoted) == (text, "")


@pytest.mark.parametrize(
    "signature",
    ["-- \nLi Lei\nExample Ltd", "--\nLi", "Sent from my iPhone", "发自我的 iPhone", "发自我的华为手机",
     "来自我的小米手机", "Von meinem iPhone gesendet", "Get Outlook for iOS<https://aka.ms/o0ukef>",
     "Sent from Mail for Windows", "从 iPhone 发送", "发自 网易邮箱大师",
     "_______________________________________________\nusers list\nhttp://list.example/users"],
)  # fmt: skip
def test_signatures(signature: str):
    split = split_text(f"{ANSWER}\n\n{signature}\n")
    assert split.newest == ANSWER
    assert split.signature == signature.rstrip().replace("-- \n", "--\n")


def test_an_answer_at_the_bottom():
    split = split_text("On 2 Jan 2024 Desk <d@x> wrote:\n> old\n> words\n\nnew words")
    assert (split.newest, split.quoted.split("\n")[-1].strip()) == ("new words", "> words")


def test_answers_in_between_keep_what_they_answer():
    text = "Hi,\n\n> first?\n\nyes\n\n> second?\n\nno"
    split = split_text(text + "\n\n> bye")
    assert split.newest == text
    assert split.quoted.strip() == "> bye"


def test_a_wrapped_quotation_is_no_answer():
    long = "> " + "quoted words that a mailer has broken in two at the wrong place, be"
    text = f"new\n\nOn 2 Jan 2024 D <d@x> wrote:\n{long}\ncause it wraps\n{long}\ncause it wraps\n> end"
    assert split_text(text).newest == "new"


def test_nothing_is_hidden_when_nothing_is_new():
    quoted = "On 2 Jan 2024 D <d@x> wrote:\n> old\n> words"
    assert split_text(quoted).newest == quoted
    assert split_text("-- \nLi Lei").newest == "--\nLi Lei"


@pytest.mark.parametrize(
    "html",
    [
        '<div>NEW</div><br><div class="gmail_quote"><div class="gmail_attr">On Tue, Jan 2, 2024 D wrote:'
        '</div><blockquote class="gmail_quote">OLD</blockquote></div>',
        'NEW<br><div class="moz-cite-prefix">On 02.01.2024 10:11, D wrote:</div>'
        '<blockquote type="cite" cite="mid:x">OLD</blockquote>',
        '<p>NEW</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0 0 0">'
        "<p><b>From:</b> D<br><b>Sent:</b> Tuesday<br><b>Subject:</b> A</p></div></div><p>OLD</p>",
        '<p>NEW</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> D</div>'
        "<div>OLD</div>",
        'NEW<hr id="stopSpelling">Date: Tue<br>From: d@x<br><br>OLD',
        '<div>NEW</div><div class="yahoo_quoted">OLD</div>',
        '<div>NEW</div><div class="protonmail_quote">OLD</div>',
        "<div>NEW</div><div><br></div><div style='font-size:12px'>------------------&nbsp;原始邮件"
        "&nbsp;------------------</div><div style='background:#efefef'><div><b>发件人:</b>&nbsp;客服"
        "</div></div><div>OLD</div>",
        '<div>NEW</div><div style="background:#efefef;padding:8px"><b>发件人：</b>客服<br>'
        "<b>发送时间：</b>2024-01-02<br><b>主题：</b>x</div><div>OLD</div>",
        '<div>NEW</div><div>在 2024-01-02 10:11:12，"客服" &lt;d@x.com&gt; 写道：</div>'
        '<blockquote id="isReplyContent" style="border-left:1px solid">OLD</blockquote>',
        '<div>NEW</div><div>在 2024-01-02 10:11:12，"客服" &lt;d@x.com&gt; 写道：</div>'
        "<blockquote>OLD</blockquote>",
        '<div>NEW</div><div class="__aliyun_previous_msg_div">OLD</div>',
        "<p>NEW</p><p>发件人: 客服 &lt;d@x.com&gt;<br>日期: 2024年1月2日<br>收件人: 李雷<br>"
        "主题: 回复</p><p>OLD</p>",
        '<p>NEW</p><p>2 Jan 2024, 10:11, "D" &lt;d@x.com&gt;:</p><blockquote>OLD</blockquote>',
        "<pre>NEW\n\nOn 2 Jan 2024 D &lt;d@x&gt; wrote:\n&gt; OLD\n</pre>",
    ],
)
def test_quotations_in_html(html: str):
    split = split_html(html)
    assert split.texts.newest == "NEW"
    assert "OLD" in split.texts.quoted
    assert "NEW" in split.newest_html
    assert "OLD" not in split.newest_html
    assert "OLD" in split.quoted_html
    assert "NEW" not in split.quoted_html


def test_an_indented_paragraph_is_no_quotation():
    html = '<div>NEW</div><blockquote style="margin:0 0 0 40px;border:none">also new</blockquote>'
    assert split_html(html).texts.newest == "NEW\n\nalso new"


def test_an_answer_of_one_picture_is_new():
    split = split_html('<img src="cid:a"><div class="gmail_quote">OLD</div>')
    assert "cid:a" in split.newest_html
    assert "OLD" in split.quoted_html


def test_the_text_is_split_by_its_html_where_it_has_no_sign_of_its_own():
    html = '<div>NEW</div><div class="gmail_quote"><blockquote type="cite">OLD</blockquote></div>'
    parsed = parse_mail(multipart("alternative", part("NEW\n\nOLD"), part(html, "text/html")))
    assert (parsed.text, parsed.newest_text, parsed.quoted_text) == ("NEW\n\nOLD", "NEW", "OLD")


def test_an_unsplit_mail_has_no_folded_half():
    parsed = parse_mail(mail("<p>hello</p>", content_type="text/html"))
    assert (parsed.newest_html, parsed.quoted_html) == (parsed.html, "")
