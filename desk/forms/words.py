"""What a form says by itself, in both languages: it may be rendered outside a request."""

from typing import Final, Literal

Language = Literal["en", "zh"]

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    # at a field
    "required": ("Please fill this in.", "请填写此项。"),
    "required_choice": ("Please choose one.", "请选择一项。"),
    "required_choices": ("Please choose at least one.", "请至少选择一项。"),
    "required_tick": ("Please tick this box.", "请勾选此项。"),
    "required_file": ("Please choose a file.", "请选择文件。"),
    "too_short": ("Please write at least {limit} characters.", "请至少填写 {limit} 个字符。"),
    "too_long": (
        "This has {length} characters; {limit} are allowed.",
        "内容有 {length} 个字符，最多 {limit} 个。",
    ),
    "pattern": ("This is not in the expected format.", "格式不正确。"),
    "email": (
        "This is not an e-mail address. Example: name@example.com",
        "邮箱地址不正确，例如：name@example.com",
    ),
    "phone": (
        "This is not a phone number. Example: +86 138 0013 8000",
        "电话号码不正确，例如：138 0013 8000",
    ),
    "number": ("Please write a number, for example 12.5.", "请填写数字，例如 12.5。"),
    "number_digits": ("This number has too many digits.", "数字位数过多。"),
    "integer": ("Please write a whole number.", "请填写整数。"),
    "decimals": (
        "At most {limit} digits after the decimal point.",
        "小数点后最多 {limit} 位。",
    ),
    "minimum": ("The smallest allowed value is {limit}.", "不能小于 {limit}。"),
    "maximum": ("The largest allowed value is {limit}.", "不能大于 {limit}。"),
    "step": (
        "The nearest allowed values are {below} and {above}.",
        "最接近的可用值是 {below} 和 {above}。",
    ),
    "date": ("This is not a date. Example: 2026-05-31", "日期不正确，例如：2026-05-31"),
    "time": ("This is not a time. Example: 09:30", "时间不正确，例如：09:30"),
    "datetime": (
        "This is not a date with a time. Example: 2026-05-31 09:30",
        "日期时间不正确，例如：2026-05-31 09:30",
    ),
    "past": ("This day has already passed.", "不能选择过去的日期。"),
    "interval": (
        "Please choose a time in steps of {limit} minutes.",
        "时间须以 {limit} 分钟为间隔。",
    ),
    "not_offered": (
        "This choice is not offered any more. Please choose again.",
        "该选项不可用，请重新选择。",
    ),
    "one_file": ("Only one file is allowed here.", "此处只能上传一个文件。"),
    "too_many_files": ("At most {limit} files are allowed here.", "此处最多上传 {limit} 个文件。"),
    "file_type": (
        "“{name}” is not one of the allowed kinds of file ({accept}).",
        "不支持文件“{name}”的类型，允许的类型：{accept}。",
    ),
    "required_rows": ("Please add at least one entry.", "请至少添加一项。"),
    "too_few_rows": ("At least {limit} entries are needed.", "至少需要 {limit} 项。"),
    "too_many_rows": ("At most {limit} entries are allowed.", "最多 {limit} 项。"),
    # only programs can do these
    "expects_text": ("This must be a text.", "此项必须是文本。"),
    "expects_boolean": ("This must be true or false.", "此项必须是布尔值。"),
    "expects_number": ("This must be a number.", "此项必须是数字。"),
    "expects_number_text": (
        "This must be a text that holds a number.",
        "此项必须是以文本表示的数字。",
    ),
    "expects_list": ("This must be a list.", "此项必须是列表。"),
    "expects_rows": ("This must be a list of objects.", "此项必须是对象列表。"),
    "too_deep": ("This is nested too deeply.", "嵌套层数过多。"),
    "expects_object": ("This must be an object.", "此项必须是对象。"),
    "expects_moment": (
        "This must be a text in ISO 8601 format.",
        "此项必须是 ISO 8601 格式的文本。",
    ),
    "expects_files": ("This must be a list of file ids.", "此项必须是文件编号列表。"),
    "fixed_rows": (
        "This list has {count} entries; none can be added or removed.",
        "此列表有 {count} 项，不能增减。",
    ),
    "unknown_field": ("This form has no such field.", "表单中没有此字段。"),
    "read_only": ("This field cannot be changed.", "此字段不可修改。"),
    # around the fields
    "choose": ("Choose…", "请选择…"),
    "yes": ("Yes", "是"),
    "no": ("No", "否"),
    "add": ("Add another", "添加一项"),
    "remove": ("Remove", "删除"),
    "row": ("{label} {number}", "{label} {number}"),
    "row_plain": ("Entry {number}", "第 {number} 项"),
    "more_options": (
        "Only the first {limit} choices are shown.",
        "仅显示前 {limit} 个选项。",
    ),
    "attached": ("Already attached", "已上传"),
    "new_fields": (
        "Your answers bring up more questions. Please fill in what has appeared, then send again.",
        "根据您填写的内容，出现了新的问题，请补充填写后再次提交。",
    ),
    "summary_one": ("One entry needs your attention", "有 1 处需要修改"),
    "summary_many": ("{count} entries need your attention", "有 {count} 处需要修改"),
    "summary_kept": ("Everything you wrote has been kept.", "您填写的内容都已保留。"),
    "summary_item": ("{label}: {text}", "{label}：{text}"),
    "summary_files": (
        "Everything you wrote has been kept, except for chosen files.",
        "您填写的内容都已保留，文件需要重新选择。",
    ),
}


def language(locale: str) -> Language:
    """The language of a locale name such as "zh_CN", "zh-Hans" or "en"; English if unknown."""
    return "zh" if locale.lower().startswith("zh") else "en"


def say(key: str, locale: str, **values: object) -> str:
    """The text `key` in the language of `locale`, with its placeholders filled."""
    english, chinese = _TEXTS[key]
    return (chinese if language(locale) == "zh" else english).format(**values)
