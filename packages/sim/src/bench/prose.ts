/** What the application asks of the model in every call. */
export const INSTRUCTION: string =
  "You are the assistant of a shop for outdoor clothing. Answer briefly and politely, promise nothing " +
  "that the terms do not say, and hand over to a person when a customer asks for one or is upset twice.";

/** Sentences of people who ask a shop for help, and of those who answer. */
const SENTENCES = [
  "I ordered a pair of hiking boots on Monday and have not had a message since.",
  "The page says that the parcel left the warehouse, but the link to follow it does not work.",
  "Could you please tell me when it will arrive, and whether I can still change the address?",
  "My neighbour, who lives on the third floor, would take it if nobody opens the door.",
  "Thank you for your message; we have looked at the order and can see what went wrong.",
  "The carrier scanned the parcel on Tuesday at 14:20 and will try to deliver it tomorrow.",
  "If you would rather collect it yourself, the shop in the main street keeps it for ten days.",
  "To send something back, print the label from your account and put it on the box.",
  "You have 30 days from delivery, and we pay the money back within a week of getting it.",
  "Please keep in mind that shoes which were worn outside cannot be returned.",
  "The cheaper of the two jackets is lined, weighs 640 g and is made from recycled nylon.",
  "For a week in the mountains in October, the warmer one is the better choice.",
  "It keeps the rain out for hours, although the seams at the pockets let some water in.",
  "Size 42 fits most people who wear a 41 in other brands, since the last is narrow.",
  "We have added a note to your order, so that the warehouse packs both parts together.",
  "Is there anything else that you would like to know before the weekend?",
  "The invoice is in your account under 'Orders', where you can also change the name on it.",
  "Payment by card is taken when the parcel leaves, and by transfer before we pack it.",
  "A voucher can be used once, for orders of more than 50 euros, and not together with others.",
  "We are open from nine to six on weekdays, and until one on Saturdays.",
] as const;

/** English prose of so many characters, other for each seed; its last sentence stops where they end. */
export function prose(length: number, seed: number): string {
  let text = "";
  for (let i = seed; text.length < length; i += 7) {
    const sentence = SENTENCES[i % SENTENCES.length] ?? "";
    // Every fourth sentence begins a paragraph.
    text += text === "" ? sentence : (i % 4 === 0 ? "\n\n" : " ") + sentence;
  }
  return `${text.slice(0, length - 1)}.`;
}
