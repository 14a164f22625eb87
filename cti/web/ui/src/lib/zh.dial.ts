// The texts in Chinese about dialling, and about what may not be dialled.

import type en from './en.dial'

const zh: Record<keyof typeof en, string> = {
  'dial.label': '拨打电话',
  'dial.hint': '号码或分机',
  'dial.call': '呼叫',
  'dial.rings': '您的话机即将振铃，接通后自动呼叫 {number}。',

  'refusal.call_state': '通话当前状态不支持此操作，请确认后重试。',
  'refusal.dial_number': '无法拨打该号码，请检查是否输错；国际号码请以 + 加国家代码开头。',
  'refusal.dial_code': '带 * 或 # 的功能码不能从页面拨打，请直接在话机上按键。',
  'refusal.dial_national': '您的角色只能呼叫内部分机，如需外呼请联系管理员。',
  'refusal.dial_abroad': '未开通该国家或地区的长途，如有需要请联系管理员开通。',
  'refusal.dial_premium': '不允许拨打声讯等高资费号码，请联系班组长。',
  'refusal.dial_barred': '该号码已被禁止拨打，请联系班组长。',
}

export default zh
