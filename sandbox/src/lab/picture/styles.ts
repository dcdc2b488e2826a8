/** The styles of image-01-live, by the names its documentation gives them. */
export const styles = ['漫画', '元气', '中世纪', '水彩'] as const
export type Style = (typeof styles)[number]
