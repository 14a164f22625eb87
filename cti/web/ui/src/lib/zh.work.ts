// The texts in Chinese about the person's own work: state, wrap-up, the day's calls.

import type en from './en.work'

const zh: Record<keyof typeof en, string> = {
  'agent.reserved': '已预占',
  'agent.wrap_up': '话后处理',

  'reason.signed_in': '刚签入',
  'reason.ring_no_answer': '来电未接',
  'reason.call_rejected': '已拒接',
  'reason.phone_busy': '话机忙',
  'reason.phone_lost': '话机离线',
  'reason.phone_back': '话机已恢复',
  'reason.restart': '服务重启',
  'reason.wrap_up': '话后处理',
  'reason.added_outside': '由交换机加入',
  'reason.forced': '由他人设置',

  'idle.reserved': '来电即将接入',
  'idle.reserved_text': '这通电话已为您预留，马上振铃。',
  'idle.wrap_up': '话后处理',
  'idle.wrap_up_text': '请记录通话内容，完成后按 Ctrl+Enter。',

  'state.sign_in': '签入',
  'state.sign_out': '签出',
  'state.wrap_up_after': '本次通话后进行话后处理',
  'state.repair': '修复我的状态',
  'state.repaired': '已从交换机重新读取状态',
  'state.after_call': '通话后{state}',
  'state.take_back': '撤销',
  'state.taken_back': '已撤销',
  'state.will_change': '本次通话后将切换为{state}',
  'state.forced': '{who} 将您设为{state}。',
  'state.forced_pending': '{who} 将您设为通话后{state}。',
  'state.forced_switch': '您的状态在交换机上被更改为{state}。',
  'state.forced_why': '原因：{why}',
  'state.forced_label': '状态由他人更改',
  'state.pending_on': '{state}…',

  'sign_in.title': '签入队列',
  'sign_in.text': '签入后为示忙状态，示闲后来电才会分配给您。',
  'sign_in.phone': '话机',
  'sign_in.extension': '分机',
  'sign_in.change': '更换',
  'sign_in.take': '使用此分机',
  'sign_in.queues': '队列',
  'sign_in.all_queues': '以交换机设置为准',
  'sign_in.submit': '签入',
  'sign_in.pending': '正在签入…',
  'sign_in.done': '已签入',
  'sign_in.in_use': '{name} 占用此分机。',
  'sign_in.in_use_seen': '{name} 占用此分机，最近在线：{when}。',
  'sign_in.take_over': '接管分机',
  'sign_in.in_use_now': '{name} 正在使用此分机。请换一个分机，或与其确认。',

  'wrap_up.label': '话后处理',
  'wrap_up.left': '剩余 {time}',
  'wrap_up.over': '时间已到',
  'wrap_up.extend': '延长',
  'wrap_up.extended': '已延长',
  'wrap_up.ready': '完成并示闲',
  'wrap_up.not_ready': '完成并示忙',
  'wrap_up.then': '之后{state}',
  'wrap_up.finish': '完成',
  'wrap_up.finishing': '正在完成…',
  'wrap_up.finished': '话后处理已完成',

  'log.note_saved': '备注已保存',

  'note.not_saved': '备注未能保存，请先查看备注再完成。',

  'text.more': '显示全部',
  'text.less': '收起',
  'text.full': '全部内容',

  'keys.answer': '接听；无来电振铃时显示客户资料；空闲时拨号',
  'keys.hang_up': '挂断或拒接',
  'keys.hold': '保持、取回',
  'keys.mute': '静音、取消静音',
  'keys.transfer': '转接',
  'keys.finish': '保存表单；完成话后处理',

  'sessions.title_of': '{name} 的登录设备',
  'sessions.none': '没有登录。',
  'sessions.open': '在线',
  'sessions.seen': '最近在线：{when}',
  'sessions.this': '当前设备',
  'sessions.end': '结束',
  'sessions.ended': '已结束登录',
}

export default zh
