/**
 * Frequent small words of languages in Latin script, in lower case. A word may stand with several; what
 * counts is which language has most. Languages beyond the six of the other signals are here so that they
 * are not taken for one of those.
 */
export const LANGUAGE_WORDS: Readonly<Record<string, string>> = {
  en: "the a and of to in is that for it with as was on are be this by at from or have an they which one you were all their there been if more when will would who so no what up out about into than them can only other its time some could these two may then do any like my now over such our man me even most made after also did many off before must well back through years much where your way down should because long each just state those how too still here she he her his has had not but we i am does don't it's i'm",
  de: "der die das und ist in zu den nicht von sie mit sich des auf für im dem ein eine als auch es an werden aus er hat dass daß nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man dann da sein ihre ihr wir ich du kann wenn unter sehr schon ihnen ihren diese dieser dieses kein keine was wo warum welche mich mir dir bitte sowie wurde gegen",
  fr: "a le la les de des du un une et est en que qui dans pour pas au aux sur par plus ne se ce cette ces il elle ils elles nous vous je tu on avec sont son sa ses mais ou où comme tout tous être avoir fait peut leur leurs même si sans entre aussi bien très été votre vos mon ma mes y ont était quand puis donc chez c'est d'un d'une qu'il",
  es: "a el la los las de del y en que un una es se no por con para su sus al lo como más pero o si este esta esto son ha fue ser está muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante ellos e yo tu te qué cómo cuál puede puedes tiene cuando entre porque mi le han era está estás están antes así",
  pt: "o a os as de do da dos das e em no na nos nas que um uma é se não por com para seu sua seus suas ao aos à como mais mas ou este esta isso são foi ser está muito sem sobre também me até há onde quem desde todo nos você vocês ele ela eu pode pelo pela quando entre porque já só seja uns",
  it: "il lo la i gli le di del della dei delle e è in che un una per non con si su al alla da dal come più ma o se questo questa sono ha è stato essere molto senza anche mi fino c'è dove chi tutto ci nel nella perché puoi può quando tra io tu lui lei noi poi così suo sua",
  nl: "de het een en van in is dat op te zijn met voor niet aan er die als ook bij door maar om naar dan wat of uit nog wordt worden kan je jij ik we wij ze zij hij hun deze dit heeft hebben was meer over geen al zo hoe mijn uw jouw tot waar moet",
};
