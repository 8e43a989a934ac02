/**
 * How models refuse, by language, as expressions over text in lower case, with straight apostrophes and
 * single blanks. Refusing is any way of not doing what was asked: by rule, for lack of ability or access,
 * or for having no opinion. An apology alone, a plain "no" and "the document does not say" are answers.
 */
export type RefusalPhrases = {
  /** What can stand before the refusal in its sentence; taken off as often as it matches. */
  readonly leads?: readonly string[];
  /** Refusals, where the sentence begins with them after its leads; of languages that have leads. */
  readonly starts?: readonly string[];
  /** Of the other languages: refusals wherever they stand in one of the first two sentences. */
  readonly anywhere?: readonly string[];
  /** What announces that the answer comes all the same: with enough text behind it, it did. */
  readonly turn: string;
};

const EN_DO =
  "(?:help(?! but\\b| it\\b| \\w+ing\\b)|assist|provide|share|give|offer|support|create|write|generate|produce|answer|respond|comply|fulfil|complete|continue|engage|participate|discuss|comment|recommend(?![^.]{0,40}\\benough)|advise|endorse|tell you (?!how (?:much|happy|glad|grateful))|disclose|reveal|diagnose|access|browse|open|view|search|do (?:that|this|so)|process|predict|facilitate|condone|promote|pretend|role-?play|take part|speculate|verify|reproduce|display|describe|explain how|teach|insult|express|make (?:any |a )?(?:predictions?|judge?ments?|personal)|be (?:involved|part))";
const EN_ADVERB =
  "(?:(?:really|actually|ethically|directly|personally|simply|currently|just|also) )?";

const ES_DO =
  "(?:ayudar|proporcionar|dar(?:te|le|os)?|ofrecer|responder|contestar|escribir|redactar|generar|crear|compartir|recomendar|asistir|cumplir|participar|acceder|predecir|diagnosticar|reproducir|hacer(?:lo)?\\b(?! (?:más|mejor))|continuar|revelar|facilitar|decir(?:te|le) (?:a quién|cuál|qué|cómo)|opinar|realizar|brindar|completar|discutir|emitir)";

const DE_DO =
  "\\b(?:helfen|weiterhelfen|behilflich|herausgeben|nennen|geben|erstellen|schreiben|verfassen|beantworten|unterstützen|bereitstellen|teilen|machen|empfehlen|weitergeben|zugreifen|anbieten|liefern|durchführen|ausführen|erfüllen|beurteilen|stellen|treffen|vorhersagen|kommentieren|generieren|preisgeben|verraten|produzieren|übernehmen|abrufen|beraten|sagen, w\\w+)\\b";

const FR_DO =
  "(?:aider|fournir|donner|répondre|écrire|rédiger|créer|générer|partager|accéder|recommander|conseiller|satisfaire|participer|divulguer|dire (?:pour qui|comment|quel)|faire (?:cela|ça)|prédire|reproduire|continuer|commenter|traiter|proposer|produire|révéler|assister|exprimer|accepter)";

export const REFUSAL_PHRASES: Readonly<Record<string, RefusalPhrases>> = {
  en: {
    turn: "\\b(?:but|however|that said|nevertheless|still|instead|nonetheless)\\b[^.!?]{0,60}\\b(?:i|let me)\\b[^.!?]{0,10}\\b(?:can|could|will|am able|provide|offer|give|share|explain)\\b|\\bhere(?:'s| is| are)\\b|\\bas of my (?:last|knowledge)",
    leads: [
      "(?:i'm|i am|we're|we are) (?:so |very |really |terribly )?sorry(?: (?:about|for) that)?",
      "sorry(?: about that)?",
      "(?:my )?apologies",
      "(?:i|we) (?:sincerely )?apologi[sz]e(?: for [^,.!?]{1,60})?",
      "unfortunately",
      "regrettably",
      "i'm afraid(?: that)?",
      "i am afraid(?: that)?",
      "(?:as|being) an? (?:ai|artificial intelligence|(?:large )?language model|assistant|chatbot)[^,.!?]{0,60}",
      "i'm (?:just )?an? (?:ai|language model)[^,.!?]{0,60}",
      "(?:i|we) (?:understand|appreciate|see|know|hear|realize|realise|recognize)[^.!?]{0,160}?(?=[,.] ?(?:but|however)\\b|[.!?])",
      "thank you[^,.!?]{0,80}",
      "thanks[^,.!?]{0,80}",
      "while i[^,.!?]{0,120}",
      "(?:but|however|and|though|no|hmm|oh|well)",
    ],
    starts: [
      `i (?:can't|cannot|can not|can no longer|couldn't|could not|won't|will not|must not|may not|shouldn't|should not) ${EN_ADVERB}${EN_DO}`,
      `i (?:won't|will not) be (?:able to ${EN_ADVERB}${EN_DO}|helping|writing|providing|sharing)`,
      `i(?:'m| am)(?: currently| really| still)? (?:not (?:able|allowed|permitted|authori[sz]ed|equipped|going|comfortable|willing|programmed|designed|in a position)|unable)(?: to)? ${EN_ADVERB}(?:${EN_DO}|helping|writing|providing|sharing|discussing|engaging|creating|see|hear|play)`,
      "i (?:do not|don't) feel comfortable",
      "i(?:'d| would) (?:rather|prefer) not\\b",
      "[^.!?]{0,80} (?:isn't|is not) something (?:that )?i(?:'m| am| can)\\b",
      "i (?:must|have to|need to|will have to) (?:respectfully |politely )?(?:decline|refuse)",
      "i (?:respectfully )?(?:decline|refuse) to",
      "i (?:do not|don't) (?:actually |currently )?(?:have|possess|hold) (?:any |the |a |an )?(?:(?:personal|political|real-time|realtime|live|direct|current|up-to-date) ?(?:or |, )?)*(?:opinions?|preferences?|beliefs?|feelings?|views?|access|ability|capability|capacity|experiences?|permission|data|information)\\b",
      `(?:that|this|it)(?:'s| is) (?:not )?something (?:that )?i (?:can't|cannot|won't|can|am (?:not )?able to|am willing to)`,
      "(?:your|this|that|the) request (?:cannot|can't|violates|goes against|conflicts with|falls outside|is against)",
      "it (?:is|would be|'s) (?:not (?:appropriate|ethical|possible|acceptable)|inappropriate|unethical|irresponsible) for me to",
      "my (?:guidelines|programming|policies|instructions|training) (?:prevent|prevents|do not allow|don't allow|does not allow|prohibit|prohibits)",
    ],
  },
  ja: {
    turn: "(?:ですが|ただし|しかし|一般的な)[^。]{0,60}(?:できます|ご紹介|説明し|以下)|以下",
    anywhere: [
      "(?:答え|応え|手伝い|力添え|力に|教え|伝え|示し|提供|対応|案内|協力|勧め|薦め|作成|支援|サポート|アドバイス|助言|回答|生成|開示|共有|予測|診断|アクセス|閲覧|実行)(?:する|すること|し|る|ること|を|は|に|が|も|なる)*(?:でき(?:ません|かねます|ない|ず|兼ねます)|(?:いた|致)?し(?:かね|兼ね)ます|られません)",
      "(?:ai|人工知能|言語モデル|アシスタント)(?:として|ですので|なので|であるため|のため)[^。]{0,60}(?:できません|できない|ありません|持っていません)",
      "(?:お断り|ご遠慮|差し控え|控えさせて)(?:いた|し|させ|くだ|ます)",
    ],
  },
  zh: {
    turn: "(?:但|不过|然而)[^。]{0,30}可以|以下是",
    anywhere: [
      "我(?:们)?(?:确实)?(?:无法|不能|不会|没有办法|没法|不可以|不便|不方便)(?:为您|为你|给您|给你|向您|向你|帮您|帮你|直接|继续|再)*(?:提供|协助|帮助|帮忙|回答|满足|完成|获取|访问|支持|参与|生成|撰写|写|创作|讨论|透露|分享|告诉|给出|预测|诊断|浏览|打开|查看|执行|处理|评论|推荐|制作|编写)",
      "(?:恕|抱歉|对不起)[^。！]{0,30}(?:无法|不能|不便)(?:为您|为你|给您|给你|向您|直接|继续)*(?:提供|协助|帮助|回答|满足|完成|获取|访问|支持|参与|生成|撰写|写|透露|分享|告诉|给出)",
      "我(?:可)?帮不了|我(?:办|做)不到|恕难",
      "我没有(?:任何)?(?:个人)?(?:的)?(?:观点|看法|意见|立场|偏好|情感|感情|权限)",
      "作为(?:一个|一名|一款)?(?:人工智能|ai|语言模型|大语言模型|智能助手)[^。]{0,40}(?:无法|不能|没有个人|不会)",
    ],
  },
  es: {
    turn: "\\b(?:pero|sin embargo|no obstante)\\b[^.!?]{0,60}\\bpuedo\\b|\\baquí (?:tienes|tiene|hay|están)",
    leads: [
      "(?:lo )?(?:siento|lamento)(?: mucho)?",
      "lamentablemente",
      "desafortunadamente",
      "por desgracia",
      "(?:disculpa|disculpe|perdona|perdone|perdón|mil disculpas)",
      "como (?:modelo|ia|inteligencia|asistente|una ia|un modelo)[^,.!?]{0,60}",
      "(?:entiendo|comprendo|agradezco)[^,.!?]{0,100}",
      "(?:pero|sin embargo|y|no obstante|que)",
    ],
    starts: [
      `(?:yo )?no (?:me |te |le )?(?:puedo|podré|podría|podemos|debo|voy a|es posible|está permitido|soy capaz de|estoy autorizad[oa] (?:a|para)|tengo permitido) ${ES_DO}`,
      "no tengo (?:opiniones|opinión|preferencias|acceso|la capacidad|permiso|creencias|sentimientos)",
      "(?:debo|tengo que) (?:negarme|rechazar|declinar)",
    ],
  },
  de: {
    turn: "\\b(?:aber|jedoch|allerdings)\\b[^.!?]{0,60}\\bkann\\b|\\bkann (?:ich )?(?:aber|jedoch|allerdings)\\b|\\bhier (?:ist|sind)\\b",
    leads: [
      "(?:es )?tut mir (?:sehr |wirklich |furchtbar )?leid",
      "(?:entschuldigung|entschuldige|entschuldigen sie|verzeihung|sorry)",
      "ich (?:verstehe|weiß)[^,.!?]{0,100}",
      "(?:aber|jedoch|doch|und)",
    ],
    starts: [
      `(?:(?:leider|dabei|hierbei|damit|das|dazu|als [^,.!?]{1,60}?) )?(?:ich (?:kann|darf|werde|möchte)|(?:kann|darf|werde|möchte) ich)(?: (?:ihnen|dir|euch|leider|dabei|hierbei|damit|das|dazu|hier|aber|daher))* (?:nicht|kein\\w{0,2})\\b(?! anders)[^.!?]{0,120}?${DE_DO}`,
      "ich helfe (?:ihnen |dir |dabei |hierbei )*nicht",
      "(?:leider |als [^,.!?]{1,60}? )?(?:ich bin|bin ich)(?: leider)? nicht (?:in der lage|befugt|berechtigt|dafür ausgelegt)",
      "(?:leider |als [^,.!?]{1,60}? )?(?:ich habe|habe ich)(?: leider)? (?:keinen zugriff|keinen zugang|keine (?:persönliche |eigene )?(?:meinung|möglichkeit)|keine persönlichen meinungen)",
    ],
  },
  fr: {
    turn: "\\b(?:mais|cependant|toutefois|en revanche)\\b[^.!?]{0,60}\\bje peux\\b|\\bvoici\\b",
    leads: [
      "je suis (?:vraiment |sincèrement |profondément )?(?:désolée?|navrée?)",
      "(?:désolée?|navrée?|pardon|excusez-moi)",
      "malheureusement",
      "en tant qu(?:e |')[^,.!?]{1,60}",
      "je (?:comprends|regrette)[^,.!?]{0,100}",
      "(?:mais|cependant|toutefois|et)",
    ],
    starts: [
      `je ne (?:peux|pourrai|vais|dois|saurais) (?:donc |malheureusement )?(?:pas |malheureusement |toutefois )*(?:vous |t'|te |y |en |l'|m')*${FR_DO}`,
      `je ne suis pas (?:en mesure|capable|autorisée?|habilitée?)(?: (?:de |d'|à ))(?:vous |t'|te )?${FR_DO}`,
      "je n'ai pas (?:d'opinions?|accès|d'avis|de préférences?|la capacité|la possibilité|le droit|d'opinion)",
      `il (?:m'est impossible|ne m'est pas possible) (?:de |d')`,
      "je préfère ne pas",
      "je (?:refuse|dois refuser|dois décliner)",
    ],
  },
};
