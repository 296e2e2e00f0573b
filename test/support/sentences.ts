/** What people write into tables, by language; the test of encodings makes tables of it. */
export const SENTENCES: Readonly<Record<string, readonly string[]>> = {
  zh: [
    '订单已经发货，请注意查收',
    '上海市浦东新区世纪大道100号',
    '客户反映产品质量问题，要求退款',
    '谢谢你们的服务，非常满意',
    '包裹还没有收到，请帮忙查询',
    '这个水壶很好用，但是盖子有点松',
  ],
  'zh-Hant': [
    '訂單已經出貨，請注意查收',
    '台北市信義區信義路五段七號',
    '客戶反映產品品質問題，要求退款',
    '謝謝你們的服務，非常滿意',
    '包裹還沒有收到，請幫忙查詢',
  ],
  ko: [
    '주문하신 상품이 아직 도착하지 않았습니다',
    '서울특별시 강남구 테헤란로 152',
    '배송이 빨라서 좋았어요',
    '환불 부탁드립니다',
    '색상이 사진과 다릅니다',
    '뷁',
  ],
  ja: [
    '注文した商品がまだ届いていません',
    '東京都千代田区丸の内一丁目',
    'とても良いサービスでした。ありがとうございます',
    '返品したいのですが、どうすればいいですか',
    'ケトルのフタがゆるい',
  ],
  pl: [
    'Zamówienie jeszcze nie dotarło, proszę o pomoc',
    'ul. Świętokrzyska 12, Łódź',
    'Bardzo dobra obsługa, dziękuję',
    'Chciałbym zwrócić czajnik, ponieważ przecieka',
    'Kolor różni się od zdjęcia',
  ],
  cs: [
    'Objednávka ještě nedorazila, prosím o pomoc',
    'Příčná 5, Žďár nad Sázavou',
    'Velmi dobrý servis, děkuji',
    'Chtěl bych vrátit konvici, protože teče',
    'Barva se liší od fotografie',
  ],
  hu: [
    'A rendelésem még nem érkezett meg, kérem segítsenek',
    'Árvíztűrő utca 7, Győr',
    'Nagyon jó szolgáltatás, köszönöm',
    'Szeretném visszaküldeni a vízforralót, mert csöpög',
  ],
  ru: [
    'Заказ ещё не пришёл, помогите пожалуйста',
    'ул. Тверская, д. 12, Москва',
    'Очень хороший сервис, спасибо',
    'Хочу вернуть чайник, он протекает',
    'Цвет отличается от фотографии',
  ],
  uk: [
    'Замовлення ще не надійшло, допоможіть будь ласка',
    'вул. Хрещатик, 22, Київ',
    'Дуже гарний сервіс, дякую',
    'Хочу повернути чайник, він протікає',
  ],
  el: [
    'Η παραγγελία δεν έχει φτάσει ακόμα, βοηθήστε με',
    'Οδός Ερμού 15, Αθήνα',
    'Πολύ καλή εξυπηρέτηση, ευχαριστώ',
    'Θέλω να επιστρέψω τον βραστήρα γιατί στάζει',
    'Άμεση παράδοση',
  ],
  tr: [
    'Siparişim hâlâ gelmedi, lütfen yardım edin',
    'İstiklal Caddesi No: 12, Beyoğlu',
    'Çok iyi hizmet, teşekkürler',
    'Su ısıtıcısını iade etmek istiyorum çünkü sızdırıyor',
    'Rengi fotoğraftan farklı',
  ],
  he: [
    'ההזמנה עדיין לא הגיעה, אנא עזרו',
    'רחוב דיזנגוף 50, תל אביב',
    'שירות טוב מאוד, תודה',
    'אני רוצה להחזיר את הקומקום כי הוא דולף',
  ],
  ar: [
    'لم يصل الطلب بعد، الرجاء المساعدة',
    'شارع التحرير، القاهرة',
    'خدمة ممتازة، شكرا',
    'أريد إرجاع الغلاية لأنها تسرب',
  ],
  lt: [
    'Užsakymas dar neatvyko, prašau padėti',
    'Žirmūnų g. 5, Vilnius',
    'Labai geras aptarnavimas, ačiū',
    'Noriu grąžinti virdulį, nes jis laša',
  ],
  th: ['สินค้ายังไม่มาถึง กรุณาช่วยตรวจสอบ', 'ถนนสุขุมวิท กรุงเทพมหานคร', 'บริการดีมาก ขอบคุณครับ', 'ต้องการคืนสินค้าเพราะน้ำรั่ว'],
  de: [
    'Bestellung ist noch nicht angekommen, bitte um Hilfe für die Rückgabe',
    'Königstraße 5, München',
    'Sehr guter Service, schöne Grüße',
    'Größe passt nicht, möchte zurückgeben',
  ],
  fr: [
    "La commande n'est pas encore arrivée, aidez-moi s'il vous plaît",
    '12 rue de la Préfecture, Nîmes',
    'Très bon service, merci à vous',
    'Je voudrais être remboursé, ça fuit déjà',
  ],
  es: [
    'El pedido aún no llegó, ¿pueden ayudarme?',
    'Calle Núñez de Balboa 12, Málaga',
    'Muy buen servicio, ¡muchas gracias señor!',
    'Quiero devolver el calentador porque gotea más',
  ],
};

/** The encodings in which each language is met in tables. */
export const LANGUAGE_ENCODINGS: readonly (readonly [language: string, encoding: string])[] = [
  ['zh', 'gbk'],
  ['zh', 'gb18030'],
  ['zh-Hant', 'big5'],
  ['ko', 'euc-kr'],
  ['ja', 'shift_jis'],
  ['ja', 'euc-jp'],
  ['ja', 'iso-2022-jp'],
  ['pl', 'windows-1250'],
  ['cs', 'windows-1250'],
  ['hu', 'windows-1250'],
  ['pl', 'iso-8859-2'],
  ['cs', 'iso-8859-2'],
  ['ru', 'windows-1251'],
  ['ru', 'koi8-r'],
  ['ru', 'iso-8859-5'],
  ['ru', 'ibm866'],
  ['ru', 'x-mac-cyrillic'],
  ['uk', 'windows-1251'],
  ['uk', 'koi8-u'],
  ['el', 'windows-1253'],
  ['el', 'iso-8859-7'],
  ['tr', 'windows-1254'],
  ['he', 'windows-1255'],
  ['ar', 'windows-1256'],
  ['ar', 'iso-8859-6'],
  ['lt', 'windows-1257'],
  ['th', 'windows-874'],
  ['de', 'windows-1252'],
  ['fr', 'windows-1252'],
  ['es', 'windows-1252'],
  ['de', 'iso-8859-15'],
  ['de', 'macintosh'],
  ...['zh', 'ja', 'ru', 'de'].flatMap((language) =>
    ['utf-8', 'utf-16le', 'utf-16be'].map((unicode) => [language, unicode] as const),
  ),
];

/** Rows of text cells, of about a number of bytes, the same in every run. */
export function textRows(language: string, bytes: number): string[][] {
  const sentences = SENTENCES[language] ?? [];
  const rows: string[][] = [];
  for (let length = 0; length < bytes; length += 50) {
    const text = sentences[(rows.length * 7 + (rows.length >> 3)) % sentences.length] ?? '';
    rows.push([`${rows.length + 1}`, `AB-${(rows.length * 37) % 9000}`, text]);
  }
  return rows;
}
