"""What people read when a field is wrong: by code, in English and Chinese."""

from collections.abc import Mapping

_POSITION = (" (character {at})", "（第 {at} 位）")

ERRORS: Mapping[str, tuple[str, str]] = {
    "required": ("Please fill this in", "此项必填"),
    "unknown_field": ("The form has no such field", "表单没有这一项"),
    "type_text": ("Must be text", "应为文字"),
    "type_yes_no": ("Must be yes or no", "应为“是”或“否”"),
    "type_integer": ("Must be a whole number", "应为整数"),
    "type_number": ("Must be a number", "应为数字"),
    "type_date": ("Must be a date such as 2026-12-31", "应为日期，如 2026-12-31"),
    "type_time": ("Must be a time such as 18:00", "应为时间，如 18:00"),
    "too_short": ("At least {limit} characters", "至少 {limit} 个字"),
    "too_long": ("At most {limit} characters", "最多 {limit} 个字"),
    "too_small": ("At least {limit}", "不能小于 {limit}"),
    "too_big": ("At most {limit}", "不能大于 {limit}"),
    "too_early": ("Not before {limit}", "不能早于 {limit}"),
    "too_late": ("Not after {limit}", "不能晚于 {limit}"),
    "pattern": ("Does not have the right form", "格式不正确"),
    "choice": ("Please choose from the list", "请从列表中选择"),
    "tree": ("Please choose from the list", "请从列表中选择"),
    "tree_more": ("Please choose the next level too", "请继续选择下一级"),
    "cn_id.length": ("An ID number has 18 characters (the old form 15)", "身份证号应为 18 位（旧证 15 位）"),
    "cn_id.characters": (
        "An ID number has digits only; X may stand at the end",
        "身份证号只能是数字，末位可为 X",
    ),
    "cn_id.region": ("No region has these first digits", "前两位不是有效的省级代码"),
    "cn_id.birth_date": ("The birth date in the number cannot be", "号码中的出生日期不存在"),
    "cn_id.checksum": (
        "The last character does not fit the others: one was misheard or swapped",
        "校验位不符，可能有一位听错或顺序颠倒，请逐位核对",
    ),
    "cn_mobile.length": ("A mobile number has 11 digits", "手机号应为 11 位"),
    "cn_mobile.characters": ("Digits only", "手机号只能是数字"),
    "cn_mobile.prefix": ("A mobile number begins with 13 to 19", "手机号应以 13 至 19 开头"),
    "email.no_at": ("The @ is missing", "缺少 @"),
    "email.length": ("The address is too long", "邮箱地址过长"),
    "email.characters": ("This character cannot be in an address", "邮箱地址中不能有这个字符"),
    "email.domain": ("What follows the @ is no domain", "@ 后面不是有效的域名"),
    "credit_code.length": ("The code has 18 characters", "统一社会信用代码应为 18 位"),
    "credit_code.characters": (
        "Digits and capital letters, without I, O, S, V, Z",
        "只能是数字和大写字母，且不含 I、O、S、V、Z",
    ),
    "credit_code.region": ("The third to eighth characters are digits", "第 3 至 8 位应为数字"),
    "credit_code.checksum": (
        "The last character does not fit the others: one was misheard or swapped",
        "校验位不符，请逐位核对",
    ),
    "bank_card.length": ("A card number has 12 to 19 digits", "银行卡号应为 12 至 19 位"),
    "bank_card.characters": ("Digits only", "银行卡号只能是数字"),
    "bank_card.checksum": ("One digit was misheard or two were swapped", "卡号不符，可能有一位听错或顺序颠倒"),
}


def error_text(code: str, values: Mapping[str, str], at: int | None = None, *, language: str = "zh") -> str:
    """Return the sentence for an error; *at* counts from 0, and is told as people count."""
    chinese = language == "zh"
    text = ERRORS[code][chinese].format_map(values)
    return text if at is None else text + _POSITION[chinese].format(at=at + 1)
