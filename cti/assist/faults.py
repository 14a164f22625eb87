"""What is wrong with a file that a team lead wrote: where, which rule, and the sentence in two languages."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Place(msgspec.Struct, frozen=True, order=True, gc=False):
    """Where something stands; both count from 1, as editors show them."""

    line: int
    column: int = 1


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong. A warning does not keep a file from being used."""

    file: str
    place: Place
    code: str
    values: Mapping[str, str] = {}
    severity: Literal["error", "warning"] = "error"

    def said(self, language: Language = "en") -> str:
        """Return the sentence for people."""
        return _TEXTS[self.code][language == "zh"].format_map(self.values)

    def line(self, language: Language = "en") -> str:
        """Return the whole in one line: file:line:column: error: sentence (code)."""
        severity = self.severity if language == "en" else {"error": "错误", "warning": "警告"}[self.severity]
        return f"{self.file}:{self.place.line}:{self.place.column}: {severity}: {self.said(language)} ({self.code})"

    def __str__(self) -> str:
        return self.line()


class Faults:
    """Gathers what is wrong with one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []

    def error(self, place: Place, code: str, **values: object) -> None:
        self.found.append(Fault(self.file, place, code, {key: str(value) for key, value in values.items()}))

    def warning(self, place: Place, code: str, **values: object) -> None:
        told = {key: str(value) for key, value in values.items()}
        self.found.append(Fault(self.file, place, code, told, "warning"))

    def in_order(self) -> tuple[Fault, ...]:
        return tuple(sorted(self.found, key=lambda fault: (fault.place, fault.severity, fault.code)))


class BadFile(Exception):
    """The file cannot be used; *faults* is everything that is wrong with it, warnings too."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def is_bad(faults: Iterable[Fault]) -> bool:
    return any(fault.severity == "error" for fault in faults)


# code -> what it means, in English and Chinese
_TEXTS: Mapping[str, tuple[str, str]] = {
    # any file
    "not_text": ("the file is not UTF-8 text", "文件不是 UTF-8 编码的文本"),
    "unreadable": ("cannot be read: {problem}", "无法读取：{problem}"),
    "too_large": ("has more than {limit} characters", "超过 {limit} 个字符"),
    "syntax": ("{problem}", "语法错误：{problem}"),
    "unknown_key": ("{key} is unknown here; there are {known}", "此处没有“{key}”；可用的有 {known}"),
    "missing_key": ("{key} is missing", "缺少“{key}”"),
    "wrong_value": ("{key}: {problem}", "“{key}”的值不对：{problem}"),
    "wrong_name": (
        "{name} is no name: small letters, digits, - and _, a letter first",
        "“{name}”不能作名称：只用小写字母、数字、- 和 _，以字母开头",
    ),
    "twice": ("{name} is there already, in line {line}", "“{name}”在第 {line} 行已经有了"),
    "missing_language": ("has no text in {language}", "缺少{language}文本"),
    # conditions
    "condition_syntax": (
        "this condition is not understood here: {near}",
        "条件从这里开始看不懂：{near}",
    ),
    "condition_name": ("the condition asks for {name}, which is not known", "条件用到了“{name}”，但没有这一项"),
    "condition_later": (
        "the condition asks for {name}, which comes later: move it up",
        "条件用到了后面才出现的“{name}”：请把它移到前面",
    ),
    "condition_value": ("{name} can never be {value}", "“{name}”不可能是“{value}”"),
    # forms
    "no_fields": ("the form has no fields", "表单没有任何字段"),
    "no_choices": ("a {type} needs choices", "类型 {type} 需要 choices"),
    "no_tree": ("a tree needs the name of a file in trees/", "类型 tree 需要写明 trees/ 中的文件名"),
    "unknown_tree": ("there is no choice tree {name}; there are {known}", "没有选项树“{name}”；现有 {known}"),
    "not_for_type": ("{key} is not for a {type}", "类型 {type} 不能有“{key}”"),
    "unknown_check": ("there is no check {name}; there are {known}", "没有校验“{name}”；现有 {known}"),
    "bad_pattern": ("the pattern is none: {problem}", "pattern 不是正则表达式：{problem}"),
    "unsafe_pattern": (
        "the pattern repeats what repeats; some texts would take for ever",
        "pattern 在重复中又有重复，遇到某些文字会极慢",
    ),
    "upside_down": ("{low} is above {high}", "{low} 大于 {high}"),
    "tree_indent": ("indent by two spaces for each level, one level at a time", "每一级缩进两个空格，每次只能深一级"),
    "tree_depth": ("this branch has no {level}", "这一支没有“{level}”这一级"),
    "tree_empty": ("the tree has no choices", "选项树是空的"),
    # registration rules
    "unknown_form": ("there is no form {name}; there are {known}", "没有表单“{name}”；现有 {known}"),
    "unknown_field": ("there is no customer field {name}; there are {known}", "客户没有“{name}”这一项；现有 {known}"),
    # outcomes of calls
    "no_outcomes": ("there is no [[outcome]]", "没有任何 [[outcome]]"),
    "unknown_outcome": ("there is no outcome {name}; there are {known}", "没有结果“{name}”；现有 {known}"),
    "outcome_loop": ("{name} is, by its groups, under itself", "“{name}”的上级绕回了它自己"),
    "unknown_queue": ("there is no queue {name}; there are {known}", "没有队列“{name}”；现有 {known}"),
    # playbooks
    "no_head": ("the file begins with its head between two lines ---", "文件开头应是两行 --- 之间的说明"),
    "open_head": ("the head has no second line ---", "开头的说明缺少第二行 ---"),
    "stray_text": ("this belongs to nothing: {near}", "这一行不属于任何内容：{near}"),
    "no_start": ("there is no node {name} to start with", "没有起始节点“{name}”"),
    "no_nodes": ("the playbook has no nodes", "话术没有任何节点"),
    "unknown_node": ("there is no node {name}", "没有节点“{name}”"),
    "jump_to_card": (
        "{name} is an objection card: it is opened by its key",
        "“{name}”是异议卡，由快捷键打开，不能跳转",
    ),
    "return_outside": ("return is for objection cards", "return 只能用在异议卡里"),
    "empty_node": ("the node says nothing and does nothing", "节点没有内容"),
    "dead_end": ("the talk stops here: no answer, next or end leads on", "谈话到这里就断了：没有 answer、next 或 end"),
    "dead_answer": ("this answer leads nowhere", "这个答案没有去处"),
    "may_stop": (
        "when none of the conditions holds, the talk stops here: add next",
        "所有条件都不成立时谈话会中断：请加上 next",
    ),
    "never_reached": ("what follows is never reached", "后面的内容永远到不了"),
    "unreachable": ("no way leads to {name}", "没有路径能到达“{name}”"),
    "no_exit": ("from here no way leads to an end: {path}", "从这里出发到不了任何结束节点：{path}"),
    "silent_loop": ("these nodes lead to one another without a word: {path}", "这些节点之间无话可说地循环：{path}"),
    "unset": (
        "{name} is neither a customer field nor asked anywhere",
        "“{name}”既不是客户字段，也没有任何问题会得到它",
    ),
    "maybe_unset": (
        "{name} is not known yet on the way {path}: write {{{name}:instead}} or put the phrase in [ ]",
        "经 {path} 到这里时还没有“{name}”：请写成 {{{name}:代替的说法}}，或把这一段放进 [ ]",
    ),
    "maybe_empty": (
        "the customer may have no {name}: write {{{name}:instead}} or put the phrase in [ ]",
        "客户的“{name}”可能为空：请写成 {{{name}:代替的说法}}，或把这一段放进 [ ]",
    ),
    "unknown_statement": (
        "{name} is not among the required statements of the head",
        "开头的 required 里没有“{name}”",
    ),
    "unsaid_words": (
        "the text says {name}, but lacks its words “{words}”",
        "这段话应包含“{name}”的规定用语“{words}”",
    ),
    "missing_statement": (
        "{name} is not said on the way {path}",
        "经 {path} 结束时没有说到“{name}”",
    ),
    "unknown_end": ("no node ends with {name}", "没有以“{name}”结束的节点"),
    "never_said": ("no node says the required statement {name}", "没有任何节点说到必说内容“{name}”"),
    "forbidden": ("“{words}” must not be said", "禁用语：“{words}”"),
    "too_long": (
        "takes {seconds} s to say in {language} at {pace} a minute; {longest} s is the most",
        "{language}按每分钟 {pace} 计需 {seconds} 秒，超过 {longest} 秒",
    ),
    "bad_template": ("{problem}", "文本写法有误：{problem}"),
    "unknown_action": ("there is no action {name}; there are {known}", "没有动作“{name}”；可用的有 {known}"),
    "action_needs": ("{name} needs {what}", "{name} 需要写明 {what}"),
    "key_taken": ("the key {key} is taken by {name}", "快捷键 {key} 已用于“{name}”"),
    "no_question": ("an answer needs a question (ask:) above it", "答案前面要有提问（ask:）"),
    "answers_for_choice": (
        "answers to choose from are for choice and yes_no; a {kind} has none",
        "只有 choice 和 yes_no 有可选答案，{kind} 没有",
    ),
    "no_answers": ("a choice needs answers: lines that begin with -", "选择题需要以 - 开头的答案"),
    "end_goes_on": ("an end leads nowhere: remove {what}", "结束节点不能再有 {what}"),
}
