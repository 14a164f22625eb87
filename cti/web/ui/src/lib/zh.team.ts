// The texts in Chinese of what a lead sees of the team.

import type en from './en.team'

const zh: Record<keyof typeof en, string> = {
  'team.title': '班组',
  'team.find': '姓名或分机',
  'team.queue': '队列',
  'team.all_queues': '全部队列',
  'team.states': '各状态人数',
  'team.nobody': '您的班组还没有坐席',
  'team.nobody_text': '管理员将坐席与您分到同一班组后，这里会实时显示。',
  'team.not_found': '没有符合条件的坐席。',
  'team.clear': '显示全部',
  'team.name': '姓名',
  'team.state': '状态',
  'team.since': '时长',
  'team.places': '队列',
  'team.call': '通话',
  'team.notes': '备注',
  'team.actions': '操作',
  'team.places_of': '{count} 个',
  'team.places_paused': '{count} 个，{paused} 个示忙',
  'team.more_calls': '另有 {count} 通',
  'team.asked': '正在切换为{state}…',
  'team.pending': '随后{state}',
  'team.by': '由 {who} 设置',
  'team.by_switch': '在交换机上更改',
  'team.change': '更改',
  'team.change_of': '更改 {name} 的状态',
  'team.force_title': '更改 {name} 的状态',
  'team.now': '当前：{state}。',
  'team.later': '更改将在通话和话后处理结束后生效。',
  'team.reason': '原因',
  'team.why': '说明',
  'team.why_hint': '对方会看到此说明和您的姓名。',
  'team.apply': '确认更改',
  'team.changing': '正在更改…',
  'team.done': '已更改：{name}',
}

export default zh
