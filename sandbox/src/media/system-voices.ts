/** Who speaks: decides which of the synthesizer's voices is theirs. */
export type Sex = 'female' | 'male'

export interface SystemVoice {
  readonly id: string
  readonly sex: Sex
  readonly description: string
}

/** Names as MiniMax has them; behind them is one small synthesizer. A voice is one line: its id, whose it is, what it is like. */
const LINES = `
English_expressive_narrator | m | An expressive adult narrator with a British accent, for audiobooks
English_radiant_girl | f | A radiant and lively young woman
English_magnetic_voiced_man | m | A magnetic and persuasive adult man
English_compelling_lady1 | f | A compelling adult woman with a British accent
English_Aussie_Bloke | m | A friendly bloke from Australia
English_captivating_female1 | f | A captivating adult woman, good for news
English_Upbeat_Woman | f | An upbeat and bright adult woman
English_Trustworth_Man | m | A trustworthy and resonant adult man
English_CalmWoman | f | A calm and soothing adult woman
English_UpsetGirl | f | A young woman who is upset
English_Gentle-voiced_man | m | A gentle and resonant adult man
English_Whispering_girl | f | A young woman who speaks softly
English_Diligent_Man | m | A diligent and sincere adult man
English_Graceful_Lady | f | A graceful middle-aged woman
English_ReservedYoungMan | m | A reserved and cold young man
English_PlayfulGirl | f | A playful young woman
English_ManWithDeepVoice | m | An adult man with a deep voice
English_MaturePartner | m | A mature and gentle middle-aged man
English_FriendlyPerson | m | A friendly and natural young man
English_MatureBoss | f | A mature boss, middle-aged and assertive
English_Debator | m | A tough debater, middle-aged
English_LovelyGirl | f | A lovely girl
English_Steadymentor | m | A steady mentor, young and sure of himself
English_Deep-VoicedGentleman | m | A wise gentleman with a deep voice
English_Wiselady | f | A wise middle-aged lady
English_CaptivatingStoryteller | m | An old and captivating storyteller
English_DecentYoungMan | m | A decent young man
English_SentimentalLady | f | A sentimental middle-aged lady
English_ImposingManner | f | An imposing queen
English_SadTeen | m | A sad teenage boy
Wise_Woman | f | A wise woman
Friendly_Person | m | A friendly person
Inspirational_girl | f | An inspiring girl
Deep_Voice_Man | m | A man with a deep voice
Calm_Woman | f | A calm woman
Casual_Guy | m | A casual guy
Lively_Girl | f | A lively girl
Patient_Man | m | A patient man
Young_Knight | m | A young knight
Determined_Man | m | A determined man
Lovely_Girl | f | A lovely girl
Decent_Boy | m | A decent boy
Imposing_Manner | m | An imposing manner
Elegant_Man | m | An elegant man
Abbess | f | An abbess
Sweet_Girl_2 | f | A sweet girl
Exuberant_Girl | f | An exuberant girl
male-qn-qingse | m | A young man, Mandarin
male-qn-jingying | m | An elite young man, Mandarin
male-qn-badao | m | A domineering young man, Mandarin
male-qn-daxuesheng | m | A college student, Mandarin
female-shaonv | f | A girl, Mandarin
female-yujie | f | A mature lady, Mandarin
female-chengshu | f | A mature woman, Mandarin
female-tianmei | f | A sweet woman, Mandarin
presenter_male | m | A male presenter, Mandarin
presenter_female | f | A female presenter, Mandarin
audiobook_male_1 | m | A male reader of audiobooks, Mandarin
audiobook_male_2 | m | Another male reader of audiobooks, Mandarin
audiobook_female_1 | f | A female reader of audiobooks, Mandarin
audiobook_female_2 | f | Another female reader of audiobooks, Mandarin
male-qn-qingse-jingpin | m | A young man, Mandarin, beta
male-qn-jingying-jingpin | m | An elite young man, Mandarin, beta
male-qn-badao-jingpin | m | A domineering young man, Mandarin, beta
male-qn-daxuesheng-jingpin | m | A college student, Mandarin, beta
female-shaonv-jingpin | f | A girl, Mandarin, beta
female-yujie-jingpin | f | A mature lady, Mandarin, beta
female-chengshu-jingpin | f | A mature woman, Mandarin, beta
female-tianmei-jingpin | f | A sweet woman, Mandarin, beta
clever_boy | m | A clever boy, Mandarin
cute_boy | m | A cute boy, Mandarin
lovely_girl | f | A lovely girl, Mandarin
cartoon_pig | m | A pig of a cartoon, Mandarin
Santa_Claus | m | Santa Claus
Charming_Santa | m | A charming Santa
Charming_Lady | f | A charming lady
Sweet_Girl | f | A sweet girl
Cute_Elf | f | A cute elf
Attractive_Girl | f | An attractive girl
Serene_Woman | f | A serene woman
Grinch | m | The Grinch
Rudolph | m | Rudolph
Arnold | m | Arnold
Chinese (Mandarin)_News_Anchor | f | A news anchor, Mandarin
Chinese (Mandarin)_Gentleman | m | A gentleman, Mandarin
Japanese_IntellectualSenior | m | An intellectual senior, Japanese
Japanese_KindLady | f | A kind lady, Japanese
Korean_SweetGirl | f | A sweet girl, Korean
Korean_CalmGentleman | m | A calm gentleman, Korean
Spanish_SereneWoman | f | A serene woman, Spanish
Portuguese_SentimentalLady | f | A sentimental lady, Portuguese
French_Male_Speech_New | m | A man who speaks French
German_FriendlyMan | m | A friendly man, German
`

export const systemVoices: readonly SystemVoice[] = LINES.trim()
  .split('\n')
  .map((line) => {
    const [id = '', sex = '', description = ''] = line.split(' | ')
    return { id, sex: sex === 'f' ? 'female' : 'male', description }
  })

export const defaultVoiceId = 'English_expressive_narrator'
