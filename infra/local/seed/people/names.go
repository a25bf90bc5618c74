package people

// culture is what depends on where a person is at home.
type culture struct {
	language string // BCP 47
	first    []string
	family   []string
	company  []string
	says     []string // what they write in a chat
	currency []string
}

// cultures has names and texts in the scripts and writing directions that the service must store and show unchanged. The names are common,
// so that none of them identifies a real person.
var cultures = []culture{
	{"en-GB", []string{"Ellie", "Mary-Jane", "Seán", "X"}, []string{"O’Neill", "Smith", "Fitz-Gerald", "Null"}, []string{"Smith & Sons", "Acme Ltd."},
		[]string{"I can't log in any more.", "Where is my invoice?", "Thanks, that worked!"}, []string{"GBP"}},
	{"de-DE", []string{"Jürgen", "Käthe", "Sören", "Zoë"}, []string{"Groß", "Müller-Lüdenscheidt", "von der Höhe", "Weiß"}, []string{"Bäckerei Groß GmbH & Co. KG"},
		[]string{"Die Rechnung fehlt schon wieder.", "Können Sie mir bitte helfen?", "Vielen Dank für die schnelle Lösung!"}, []string{"EUR", "CHF"}},
	{"ru-RU", []string{"Анна", "Дмитрий", "Юлия", "Фёдор"}, []string{"Иванова", "Щукин", "Ёлкина", "Кузнецов"}, []string{"ООО «Ромашка»"},
		[]string{"Не могу войти в личный кабинет.", "Где мой счёт?", "Спасибо, всё работает."}, []string{"EUR", "USD"}},
	{"ar-EG", []string{"محمد", "فاطمة", "عبد الرحمن", "ليلى"}, []string{"الهاشمي", "بن يوسف", "المصري", "حدّاد"}, []string{"شركة النور للتجارة"},
		[]string{"لا أستطيع تسجيل الدخول.", "أين الفاتورة رقم 12؟", "شكرًا جزيلًا على المساعدة!"}, []string{"EGP", "KWD"}},
	{"zh-Hans-CN", []string{"伟", "秀英", "子涵", "𠮷"}, []string{"王", "欧阳", "李", "張"}, []string{"示例科技有限公司"},
		[]string{"我无法登录。", "发票在哪里？", "谢谢，已经解决了。"}, []string{"CNY"}},
	{"pl-PL", []string{"Łukasz", "Małgorzata", "Żaneta", "Świętosława"}, []string{"Wiśniewski", "Brzęczyszczykiewicz", "Dąbrowska", "Źdźbło"}, []string{"Żółw Sp. z o.o."},
		[]string{"Nie mogę się zalogować.", "Gdzie jest faktura?", "Dziękuję, już działa."}, []string{"PLN"}},
	{"ja-JP", []string{"さくら", "ケンジ", "美咲", "はなこ"}, []string{"山田", "タナカ", "髙橋", "斎藤"}, []string{"株式会社サンプル"},
		[]string{"ログインできません。", "請求書はどこにありますか？", "ありがとうございました。"}, []string{"JPY"}},
	{"he-IL", []string{"נועה", "יוסף", "שירה", "אברהם"}, []string{"כהן", "בן־דוד", "לוי", "מזרחי"}, []string{"דוגמה בע״מ"},
		[]string{"אני לא מצליח להתחבר.", "איפה החשבונית?", "תודה רבה!"}, []string{"ILS"}},
	{"el-GR", []string{"Γιώργος", "Ελένη", "Αθηνά", "Ιάσων"}, []string{"Παπαδόπουλος", "Οικονόμου", "Βασιλείου", "Μαΐστρου"}, []string{"Παράδειγμα Α.Ε."},
		[]string{"Δεν μπορώ να συνδεθώ.", "Πού είναι το τιμολόγιο;", "Ευχαριστώ πολύ!"}, []string{"EUR"}},
	{"ko-KR", []string{"지우", "민준", "서연", "하늘"}, []string{"김", "이", "남궁", "박"}, []string{"예시 주식회사"},
		[]string{"로그인이 안 돼요.", "청구서는 어디에 있나요?", "감사합니다, 해결됐어요."}, []string{"KRW"}},
	{"hi-IN", []string{"अनिल", "प्रिया", "श्रीकान्त", "ऋतु"}, []string{"शर्मा", "कृष्णमूर्ति", "पटेल", "सिंह"}, []string{"उदाहरण प्राइवेट लिमिटेड"},
		[]string{"मैं लॉग इन नहीं कर पा रहा हूँ।", "मेरा बिल कहाँ है?", "धन्यवाद, अब ठीक है।"}, []string{"INR"}},
	{"th-TH", []string{"สมชาย", "มาลี", "ณัฐวุฒิ", "กัญญา"}, []string{"ใจดี", "ศรีสุข", "วงศ์สวัสดิ์", "แก้วมณี"}, []string{"บริษัท ตัวอย่าง จำกัด"},
		[]string{"เข้าสู่ระบบไม่ได้", "ใบแจ้งหนี้อยู่ที่ไหน", "ขอบคุณมาก"}, []string{"THB"}},
	{"vi-VN", []string{"Nguyễn Thị", "Đức", "Hường", "Quỳnh"}, []string{"Trần", "Phạm", "Đặng", "Võ"}, []string{"Công ty TNHH Ví Dụ"},
		[]string{"Tôi không đăng nhập được.", "Hóa đơn của tôi đâu?", "Cảm ơn, đã xong."}, []string{"VND"}},
	{"tr-TR", []string{"İlker", "Işıl", "Şükrü", "Ağan"}, []string{"Yıldız", "Çelik", "Öztürk", "Iğdır"}, []string{"Örnek A.Ş."},
		[]string{"Giriş yapamıyorum.", "Faturam nerede?", "Teşekkürler, oldu."}, []string{"TRY"}},
	{"cs-CZ", []string{"Zdeněk", "Ludmila", "Čeněk", "Věra"}, []string{"Dvořák", "Šťastná", "Řehoř", "Nováková"}, []string{"Příklad s.r.o."},
		[]string{"Nemohu se přihlásit.", "Kde je faktura?", "Děkuji, už to funguje."}, []string{"CZK"}},
}
