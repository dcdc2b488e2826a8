/** What words in a prompt stand for. Latin words are matched whole, with a plural s or es; Chinese ones anywhere. */
export type Place =
  | 'sea'
  | 'beach'
  | 'mountain'
  | 'city'
  | 'forest'
  | 'desert'
  | 'field'
  | 'winter'
  | 'space'
  | 'lake'
export type Hour = 'dawn' | 'day' | 'dusk' | 'night'
export type Weather =
  | 'rain'
  | 'snow'
  | 'fog'
  | 'storm'
  | 'cloud'
  | 'rainbow'
  | 'aurora'
  | 'stars'
  | 'fireworks'
  | 'autumn'

export const COLOURS = {
  red: '#d8343b',
  orange: '#f0842c',
  yellow: '#f7c936',
  gold: '#e0aa3e',
  green: '#3f9d58',
  teal: '#1fa3a3',
  blue: '#2f74d0',
  purple: '#7a4bbf',
  pink: '#f08bb4',
  brown: '#8a5a3b',
  black: '#23242b',
  grey: '#8b929c',
  white: '#f4f3ee',
} as const

const PLACES: Readonly<Record<Place, string>> = {
  beach: 'beach,coast,shore,seaside,sand,tropical,island,playa,plage,strand,沙滩,海滩,海边,岛',
  sea: 'sea,ocean,wave,harbor,harbour,underwater,marine,mer,meer,mar,surf,海,海洋,大海,海浪,港',
  lake: 'lake,river,pond,waterfall,stream,see,lago,湖,河,江,池塘,瀑布',
  mountain:
    'mountain,mount,hill,alp,peak,valley,cliff,canyon,volcano,berg,montaña,montagne,山,山谷,悬崖,峡谷',
  city: 'city,town,street,skyline,building,skyscraper,downtown,metropolis,urban,tokyo,paris,york,london,shanghai,office,neon,cyberpunk,stadt,ciudad,ville,城市,城,街,街道,大楼,上海,北京,东京,霓虹',
  forest: 'forest,wood,jungle,woodland,grove,wald,bosque,forêt,森林,树林,丛林',
  desert: 'desert,dune,sahara,oasis,mars,wüste,désert,desierto,沙漠,沙丘,火星',
  field:
    'field,meadow,grass,garden,farm,countryside,park,prairie,village,lawn,wiese,campo,champ,草地,草原,田野,花园,公园,农场,村庄',
  winter: 'winter,ice,glacier,arctic,frozen,antarctic,christmas,invierno,hiver,冬天,冬季,冰,圣诞',
  space: 'space,galaxy,planet,cosmos,universe,nebula,orbit,weltraum,太空,宇宙,星球,银河,行星',
}

const HOURS: Readonly<Record<Hour, string>> = {
  dawn: 'dawn,sunrise,morning,daybreak,黎明,日出,早晨,清晨',
  day: 'day,daylight,noon,sunny,afternoon,白天,中午,晴天,下午',
  dusk: 'dusk,sunset,evening,twilight,golden hour,黄昏,日落,傍晚,晚霞,夕阳',
  night: 'night,midnight,dark,nocturnal,nacht,noche,nuit,夜,夜晚,深夜,黑暗',
}

const WEATHERS: Readonly<Record<Weather, string>> = {
  rain: 'rain,rainy,raining,drizzle,雨,下雨',
  snow: 'snow,snowy,snowing,snowflake,blizzard,雪,下雪',
  fog: 'fog,foggy,mist,misty,haze,雾',
  storm: 'storm,thunder,lightning,stormy,暴风雨,闪电,雷',
  cloud: 'cloud,cloudy,云',
  rainbow: 'rainbow,彩虹',
  aurora: 'aurora,northern light,polar light,极光',
  stars: 'starry,stars,constellation,星空,繁星',
  fireworks: 'firework,烟花,烟火',
  autumn: 'autumn,fall leaves,maple,秋,秋天,枫',
}

export const CAST = {
  cat: 'cat,kitten,kitty,katze,gato,猫,小猫',
  dog: 'dog,puppy,corgi,hund,perro,chien,shiba,狗,小狗,犬',
  fox: 'fox,foxes,wolf,fuchs,狐狸,狼',
  bear: 'bear,panda,teddy,bär,熊,熊猫',
  rabbit: 'rabbit,bunny,hare,兔,兔子',
  horse: 'horse,pony,unicorn,pferd,caballo,cheval,马',
  penguin: 'penguin,企鹅',
  bird: 'bird,eagle,seagull,parrot,dove,swan,crane,vogel,鸟,鹤,鹰',
  owl: 'owl,猫头鹰',
  butterfly: 'butterfly,butterflies,moth,蝴蝶',
  fish: 'fish,goldfish,koi,shark,鱼,金鱼',
  whale: 'whale,dolphin,鲸,鲸鱼,海豚',
  person:
    'person,man,woman,girl,boy,child,children,kid,people,portrait,lady,hero,warrior,princess,prince,queen,king,knight,wizard,dancer,samurai,traveller,traveler,student,farmer,chef,人,女孩,男孩,女人,男人,孩子,女子,男子,少女',
  robot: 'robot,android,mech,roboter,机器人',
  astronaut: 'astronaut,spaceman,cosmonaut,宇航员',
  tree: 'tree,oak,baum,árbol,arbre,树,大树',
  pine: 'pine,fir,conifer,christmas tree,松树,圣诞树',
  palm: 'palm,coconut,棕榈,椰子',
  blossom: 'blossom,cherry blossom,sakura,peach tree,樱花,桃花,梅花',
  flower: 'flower,rose,tulip,sunflower,daisy,lotus,blume,flor,fleur,花,玫瑰,向日葵,莲花',
  mushroom: 'mushroom,蘑菇',
  house: 'house,home,cottage,cabin,hut,barn,haus,casa,maison,房子,小屋,家,木屋',
  castle: 'castle,palace,fortress,temple,schloss,castillo,château,城堡,宫殿,寺庙',
  lighthouse: 'lighthouse,leuchtturm,faro,phare,灯塔',
  boat: 'boat,ship,sail,sailboat,yacht,barco,bateau,船,帆船,小船',
  car: 'car,automobile,taxi,truck,auto,coche,voiture,汽车,车',
  train: 'train,locomotive,tram,火车,列车',
  plane: 'plane,airplane,aircraft,jet,飞机',
  rocket: 'rocket,spaceship,spacecraft,火箭,飞船',
  balloon: 'balloon,hot air balloon,气球,热气球',
  umbrella: 'umbrella,parasol,伞,雨伞',
  cup: 'cup,coffee,tea,mug,latte,咖啡,茶,杯子',
  cake: 'cake,birthday,cupcake,蛋糕,生日',
  apple: 'apple,fruit,苹果,水果',
  heart: 'heart,valentine,爱心,爱',
  star: 'star,星,星星',
  lantern: 'lantern,lamp,灯笼,灯',
} as const

export type Figure = keyof typeof CAST

const HUES: Readonly<Record<keyof typeof COLOURS, string>> = {
  red: 'red,crimson,scarlet,ruby,rojo,rouge,红,红色',
  orange: 'orange,amber,橙,橙色',
  yellow: 'yellow,gelb,amarillo,jaune,黄,黄色',
  gold: 'gold,golden,金,金色',
  green: 'green,emerald,grün,verde,vert,绿,绿色',
  teal: 'teal,turquoise,cyan,aqua,青,青色',
  blue: 'blue,azure,navy,blau,azul,bleu,蓝,蓝色',
  purple: 'purple,violet,lavender,lila,morado,紫,紫色',
  pink: 'pink,magenta,rosa,粉,粉色,粉红',
  brown: 'brown,chocolate,braun,marrón,棕,褐,棕色',
  black: 'black,schwarz,negro,noir,黑,黑色',
  grey: 'grey,gray,silver,grau,gris,灰,灰色,银',
  white: 'white,weiß,blanco,blanc,白,白色',
}

const COUNTS: Readonly<Record<string, string>> = {
  2: '2,two,pair of,couple of,both,zwei,dos,deux,两,二,一对',
  3: '3,three,drei,tres,trois,三',
  4: '4,four,vier,cuatro,quatre,四',
  5: '5,five,several,many,some,fünf,cinco,cinq,五,许多,很多',
}

export type Meaning =
  | { readonly kind: 'place'; readonly name: Place }
  | { readonly kind: 'hour'; readonly name: Hour }
  | { readonly kind: 'weather'; readonly name: Weather }
  | { readonly kind: 'figure'; readonly name: Figure; readonly plural?: boolean }
  | { readonly kind: 'colour'; readonly name: keyof typeof COLOURS }
  | { readonly kind: 'count'; readonly name: string }
  | { readonly kind: 'sky' | 'sun' | 'moon' | 'break'; readonly name: string }

const SKY = {
  sky: 'sky,heaven,himmel,cielo,ciel,天空,天',
  sun: 'sun,sunlight,sonne,sol,soleil,太阳,阳光',
  moon: 'moon,moonlight,mond,luna,lune,月亮,月,月光',
}

const MEANINGS = new Map<string, Meaning>()
for (const [kind, table] of [
  ['figure', CAST],
  ['place', PLACES],
  ['hour', HOURS],
  ['weather', WEATHERS],
  ['colour', HUES],
  ['count', COUNTS],
] as const) {
  for (const [name, words] of Object.entries(table)) {
    for (const word of words.split(',')) {
      MEANINGS.set(word, { kind, name } as Meaning)
      MEANINGS.set(word.replace(/y$/, 'ies'), { kind, name } as Meaning)
    }
  }
}
for (const [name, words] of Object.entries(SKY)) {
  for (const word of words.split(',')) MEANINGS.set(word, { kind: name as 'sky', name })
}

const LONGEST_FIRST = [...MEANINGS.keys()].sort((a, b) => b.length - a.length)
const LATIN = LONGEST_FIRST.filter((word) => !/\p{Script=Han}/u.test(word)).join('|')
const CHINESE = LONGEST_FIRST.filter((word) => /\p{Script=Han}/u.test(word)).join('|')
const WORDS = new RegExp(
  `(?<![\\p{L}\\p{N}])(${LATIN})(e?s)?(?![\\p{L}\\p{N}])|(${CHINESE})|([,.;:!?，。；：！？])`,
  'giu',
)

/** The words that mean something here, in their order; punctuation comes as a break. */
export function* meaningsOf(prompt: string): Generator<Meaning> {
  for (const match of prompt.matchAll(WORDS)) {
    const word = (match[1] ?? match[3])?.toLowerCase()
    const meaning = (word === undefined ? undefined : MEANINGS.get(word)) ?? { kind: 'break', name: match[0] }
    yield meaning.kind === 'figure' && match[2] !== undefined ? { ...meaning, plural: true } : meaning
  }
}
