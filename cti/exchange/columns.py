"""Which column of a file is which field of a customer: guessed from Chinese and English headings, or told."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import msgspec

from cti.assist.customfields import CustomField
from cti.exchange.encodings import BadFile

# The fields that every customer has, each with the headings that mean it. "numbers" may come in several columns, of a
# kind each: "numbers:work".
HEADINGS: dict[str, str] = {
    "name": "name fullname customer customername contact contactname 姓名 名字 客户 客户姓名 客户名称 名称 联系人",
    "kind": "kind type customertype 类型 客户类型 类别",
    "company": "company companyname organisation organization employer 公司 公司名称 单位 单位名称 工作单位 企业",
    "numbers": "numbers number phone phonenumber telephone tel contactnumber 电话 电话号码 号码 联系电话 联系方式",
    "numbers:mobile": "mobile mobilephone mobilenumber cell cellphone 手机 手机号 手机号码 移动电话",
    "numbers:home": "home homephone homenumber 家庭电话 住宅电话 家电",
    "numbers:work": "work workphone office officephone business businessphone 办公电话 单位电话 座机 固定电话 固话",
    "numbers:other": "otherphone otherphones othernumber othernumbers phone2 tel2 其他电话 备用电话 电话2 第二电话",
    "note": "note notes remark remarks comment comments 备注 说明 附注",
    "tags": "tags tag labels label 标签",
    "owner": "owner agent accountmanager 负责人 归属 归属坐席 客户经理 所有者",
    "id_number": "idnumber idno idcard nationalid 身份证 身份证号 身份证号码 证件号 证件号码 统一社会信用代码",
    "do_not_call": "donotcall dnc optout 勿扰 免打扰 禁止呼叫 拒绝来电 勿打",
    "province": "province state 省 省份",
    "city": "city town 市 城市",
    "district": "district county 区 区县 县",
    "street": "street address streetaddress addressline 地址 详细地址 住址 街道 通讯地址 家庭地址",
    "postcode": "postcode zip zipcode postalcode 邮编 邮政编码",
}
_FIELD_OF = {heading: field for field, headings in HEADINGS.items() for heading in headings.split()}
SKIP = "skip"


class Column(msgspec.Struct, frozen=True):
    """A column of the file, and what it is taken for."""

    heading: str
    field: str  # "skip" where it is not imported
    told: bool = False  # by who imports, else guessed


def map_columns(
    headings: Sequence[str], told: Mapping[str, str], own: Sequence[CustomField] = ()
) -> tuple[Column, ...]:
    """Return what each column is; *told* goes before guesses. Raises BadFile where that gives no customers."""
    names = [heading.strip() for heading in headings]
    for heading, field in told.items():
        if heading not in names:
            raise BadFile(f"there is no column {heading!r}; there are: {', '.join(filter(None, names))[:500]}")
        if not is_field(field, own):
            known = ", ".join((*HEADINGS, *(f"fields.{mine.name}" for mine in own), SKIP))
            raise BadFile(f"{heading}: there is no field {field!r}; there are: {known}")
    columns: list[Column] = []
    for heading in names:
        guess = _guess(heading, own)
        taken = {column.field for column in columns} | set(told.values())
        if heading in told:
            columns.append(Column(heading, told[heading], told=True))
        elif guess in taken and not guess.startswith("numbers"):
            columns.append(Column(heading, SKIP))
        else:
            columns.append(Column(heading, guess))
    fields = [column.field for column in columns]
    for field in fields:
        if fields.count(field) > 1 and field != SKIP and not field.startswith("numbers"):
            raise BadFile(f"two columns are mapped to {field}")
    if "name" not in fields and "company" not in fields:
        raise BadFile("no column is the name: say which, for example --map '客户=name'")
    if not any(field.startswith("numbers") for field in fields):
        raise BadFile("no column is the telephone number: say which, for example --map '手机=numbers:mobile'")
    return tuple(columns)


def is_field(field: str, own: Sequence[CustomField]) -> bool:
    if field.startswith("fields."):
        return any(f"fields.{mine.name}" == field for mine in own)
    return field in HEADINGS or field == SKIP or re.fullmatch(r"numbers:[a-z_]{1,20}", field) is not None


def _guess(heading: str, own: Sequence[CustomField]) -> str:
    plain = _plain(heading)
    for mine in own:
        if plain and plain in (_plain(mine.name), _plain(mine.zh), _plain(mine.en), _plain(f"fields.{mine.name}")):
            return f"fields.{mine.name}"
    return _FIELD_OF.get(plain, SKIP)


def _plain(heading: str) -> str:
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", heading).casefold()))
