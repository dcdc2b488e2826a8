import type { Rhymes, Tongue } from './tongue.ts'

const words = (text: string) => (text === '' ? [] : text.split(' '))
const family = (thing: string, deed: string, quality: string, where: string): Rhymes => ({
  thing: words(thing),
  deed: words(deed),
  quality: words(quality),
  where: words(where),
})

export const chinese: Tongue = {
  rhymes: [
    family('月光 远方 海洋 目光 故乡', '歌唱 飞翔 闪光 流浪', '漫长 明亮 倔强', '在路上 在身旁 在心上'),
    family('从前 蓝天 春天 心愿', '改变 相见 蔓延', '遥远 新鲜 耀眼', '在眼前 在身边 每一天'),
    family('星星 风景 黎明 背影', '聆听 苏醒 前行', '透明 安静 年轻', '到天明 在梦境 在心底停'),
    family('未来 大海 色彩 云海', '等待 花开 释怀', '澎湃 可爱 精彩', '在窗外 在人海 到现在'),
    family('温柔 自由 尽头 码头', '守候 停留 回首', '永久 温柔 悠悠', '在街头 在左右 到以后'),
    family('记忆 秘密 四季 奇迹', '继续 呼吸 相遇', '美丽 清晰 甜蜜', '在心里 在这里 在一起'),
  ],
  lines: {
    thing: [
      '{t}藏着你的{w}',
      '我们一起走过{w}',
      '把{t}写进了{w}',
      '{q}的{t}像{w}',
      '风吹过{t}和{w}',
      '谁还记得那片{w}',
      '带着{t}去看{w}',
    ],
    deed: ['我听见{t}在{w}', '让{q}的心去{w}', '跟着{t}一起{w}', '{t}教会了我{w}', '你说总有一天会{w}'],
    quality: ['你的{t}那么{w}', '{q}的夜晚多{w}', '原来{t}这样{w}', '世界忽然变得{w}'],
    where: ['{t}一直{w}', '{q}的{t}{w}', '你的笑容{w}'],
  },
  hooks: ['啊 {h}', '{h} {h}', '唱一首{h}', '这就是{h}'],
  echoes: ['啊 {h}', '{h} 再一次', '{t}还在唱着', '{h} 不说再见'],
  titles: ['{t}与{w}', '{q}的{t}', '{t}之歌', '{t}的{w}'],
  qualities: {
    happy: words('快乐 明媚 轻快 灿烂'),
    sad: words('孤单 沉默 褪色 冰冷'),
    wild: words('滚烫 疯狂 热烈 勇敢'),
    calm: words('安静 柔软 缓慢 轻盈'),
    dark: words('漆黑 破碎 迷惘 寂寞'),
    tender: words('温柔 甜蜜 真诚 羞涩'),
    open: words('闪亮 无边 简单 漫长'),
  },
  subjects: {
    happy: words('夏天 阳光 笑容 假期'),
    sad: words('旧信 细雨 背影 回声'),
    wild: words('雷声 心跳 公路 火焰'),
    calm: words('微风 小河 羽毛 花园'),
    dark: words('影子 高塔 风暴 长夜'),
    tender: words('诺言 情书 耳语 玫瑰'),
    open: words('时光 故事 星河 歌声'),
  },
}
