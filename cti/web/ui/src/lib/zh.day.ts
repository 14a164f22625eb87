// The texts in Chinese about the person's day.

import type en from './en.day'

const zh: Record<keyof typeof en, string> = {
  'today.title': '今日',
  'today.calls': '通话',
  'today.in_out': '呼入 {in} · 呼出 {out}',
  'today.talk': '通话时长',
  'today.average': '平均 {time}',
  'today.wrap_up': '话后处理',
  'today.ready': '示闲',
  'today.signed_in': '签入时长',
  'today.signed_out_yet': '今日尚未签入',
  'today.missed': '未接',
  'today.not_ready': '示忙：{list}',

  'log.title': '我今天的通话',
  'log.none': '今天还没有通话。',
  'log.more': '更早的通话',
  'log.when': '时间',
  'log.who': '对方',
  'log.kind': '类型',
  'log.outcome': '结果',
  'log.talked': '通话时长',
  'log.note': '备注',
  'log.note_of': '与 {who} 通话的备注',
  'log.add_note': '添加备注',
  'log.edit_note': '编辑备注',
  'log.save_note': '保存备注',
  'log.stranger': '未知来电',

  'missed.title': '未接来电',
  'missed.none': '没有未接来电，无需回拨。',
  'missed.here': '在您处振铃',
  'missed.abandoned': '等待 {time} 后放弃',
  'missed.back': '{who} 已于 {when} 回拨',
  'missed.back_failed': '{who} 于 {when} 回拨，未接通',
  'missed.open': '尚未回拨',
}

export default zh
