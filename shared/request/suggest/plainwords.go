package suggest

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// plainWish has words that can hardly mean anything but a right, where somebody wishes for something.
type plainWish struct {
	right privacy.Right
	kind  kind
	words pattern
}

// kind is what the words of a right are.
type kind int

const (
	verb  kind = iota // "delete my account": a wish, if nothing but an opening stands in front
	name              // "my right to erasure": a wish, if they are a heading, or if somebody says that they use the right
	paper             // "Art. 17 GDPR": a wish, if the clause has a wish and a word for what the right brings
)

const (
	mine    = `(all )?(of )?my (personal )?(data|information|details|account|records)`
	stored  = `(that )?(you|your company) (hold|have|store|keep|process|collected|have (stored|collected))`
	aboutMe = `(that )?(relates to|relating to|concerns|concerning|about|on|of) me`
)

// plainWords are the words of the rights. The articles of the law are the same in every language.
var plainWords = []plainWish{
	{privacy.Access, verb, words(
		`(send|give|provide|email|mail|get|have|receive|obtain|want|need|request|like) (to )?(me )?(with )?(a |an )?(full |complete )?(copy|copies|overview|list) of (all )?(of )?(my|the|any) (personal )?(data|information)( (`+stored+`|`+aboutMe+`))*`,
		`copy of my (personal )?(data|information)( (`+stored+`|`+aboutMe+`))*`,
		`(send|give|provide|show|tell) (to )?me (with )?(all )?(the |any )?(personal )?(data|information) `+stored+`( `+aboutMe+`)?`,
	)},
	{privacy.Access, name, words(`(subject|data) access request`, `right (of|to) access`, `(dsar|sar)\b`)},
	{privacy.Access, paper, words(article("15"))},
	{privacy.Erasure, verb, words(`(delete|erase|remove|close and delete) `+mine, `have `+mine+` (deleted|erased|removed)`, `(deletion|erasure) of `+mine, `forget me`)},
	{privacy.Erasure, name, words(`right (to|of) (erasure|deletion|be forgotten)`)},
	{privacy.Erasure, paper, words(article("17"))},
	{privacy.Rectification, verb, words(`(correct|rectify|update|change|amend) my (personal )?(data|details|(last |first |family )?name|(postal |email |e-mail )?address|e-?mail|(tele)?phone number|date of birth)`)},
	{privacy.Rectification, name, words(`right (to|of) rectification`)},
	{privacy.Rectification, paper, words(article("16"))},
	{privacy.Restriction, verb, words(`restrict (the )?(processing|use) of my (personal )?(data|information)`, `restriction of (the )?(processing|use) of my (personal )?(data|information)`)},
	{privacy.Restriction, name, words(`right (to|of) restrict(ion)?( of)?( (the )?processing)?`)},
	{privacy.Restriction, paper, words(article("18"))},
	{privacy.Portability, name, words(`(right (to|of) )?data portability`, `right (to|of) portability`)},
	{privacy.Portability, paper, words(article("20"))},
	{privacy.Portability, verb, words(`(send|give|provide) (me )?my (personal )?(data|information) in (a |an )?(structured|machine[- ]readable)( (format|form))?`)},
	{privacy.Objection, verb, words(
		`stop (sending|mailing|emailing) me (your |any |all |any more |more |these )*(marketing|advert\w+|ads|newsletters?|promotion\w*|offers|spam|e-?mails)( e-?mails| mails| messages)?`, `unsubscribe me`,
		`no (more |further )(marketing|advertising|ads|newsletters?|promotions)( e-?mails| mails)?`, `(stop|object to) (all |any )*(the |your )?(direct )?(marketing|advertising)( to me)?`)},
	{unclearObjection, verb, words(`object to (the |any |your )?(processing|use) of my (personal )?(data|information)`)},
	{unclearObjection, name, words(`right to object`)},
	{unclearObjection, paper, words(article("21"))},
	{privacy.OptOut, verb, words(`(do not|don't|stop) (sell|share|selling|sharing)( (or|and) (sell|share|selling|sharing))? my (personal )?(data|information|details)`, `opt (me )?[- ]?out of (the |any )?(sale|sharing)( (or|and) (sale|sharing))?( of `+mine+`)?`)},
}

// words matches any of the patterns as whole words.
func words(patterns ...string) pattern {
	return compiled(`\b(?:` + strings.Join(patterns, `|`) + `)`)
}

// article matches an article of the GDPR, in the words of several languages, with the name of the law in front of it or behind.
func article(n string) string {
	const law = `(gdpr|uk[- ]gdpr|dsgvo|ds-gvo|rgpd|avg|rodo|dataskyddsförordningen|databeskyttelsesforordningen|general data protection regulation|datenschutz-?grundverordnung)`
	const kind = `(art|artículo|articulo|article|articles|articolo|artigo|artikel|artikeln|artykułu|artykuł|artykul|paragraf)`
	return kind + `\.? ?` + n + `\b([^.?!;0-9]|\(\d\)|\b(1|2|3)\b){0,40}?` + law + `\b|` + law + `,? ` + kind + `\.? ?` + n + `\b`
}

// whole matches one of the words as a whole word, in any script: \b knows ASCII only.
func whole(all string) pattern {
	return compiled(`(?:^|[^\pL\pN'])(?:` + all + `)(?:$|[^\pL\pN])`)
}

const (
	asking = `please|kindly|pls|i (?:hereby |now |therefore |also |just )*(?:want|wish|would like|request|demand|ask|require|insist|need|exercise|invoke|object|am (?:writing to|asking|requesting|exercising|invoking))|i'd like|i'm (?:asking|requesting|exercising)|we (?:request|demand|ask)|exercise|exercising|invoke|invoking|can you|could you|would you|will you please|may i (?:ask|request|have)|can i have|could i have`
	// The same in other languages, for the articles.
	bitten = `bitte|ich (?:möchte|verlange|beantrage|fordere|wünsche|begehre|mache|ersuche|widerspreche)|hiermit|beantrage ich|veuillez|merci de|je (?:vous )?(?:demande|souhaite|voudrais|veux|prie|exerce)|s'il vous plaît|solicito|quiero|quisiera|por favor|ejerzo|ejercer|pido|deseo|le pido|les pido|chiedo|richiedo|vorrei|desidero|esercito|per favore|vi prego|vi chiedo|ik (?:wil|verzoek|vraag|wens)|graag|hierbij|verzoek ik|quero|gostaria|peço|exerço|venho|proszę|żądam|wnoszę|chcę|wnioskuję|domagam się|niniejszym|jag (?:begär|vill|önskar)|vänligen|härmed|jeg (?:anmoder|ønsker|vil|beder)|venligst|hermed`
)

var (
	wishes = whole(asking + `|` + bitten)
	// opening matches what may stand in front of a wish: greetings, and words that ask.
	opening = compiled(`^(?:[\s"'(*,:-]|\b(?:hi|hello|hey|team|all|thanks|please|kindly|pls|hereby|now|therefore|also|just|then|so|and|i|i'd|i'm|we|would|could|can|will|you|to|that|want|wish|like|request|demand|ask|require|insist|need|am|writing|asking|requesting|the|a|an|my|do|for|me|have|on behalf of myself|immediately|formally|under|the gdpr|the uk gdpr)\b)*$`)
	// uses matches what stands in front of the name of a right that somebody uses.
	uses = compiled(`(?:\b(?:exercise|exercising|invoke|invoking|assert|use|using|claim)(?: of)? my |\b(?:treat|consider|regard|take|see) this(?: e-?mail| mail| message| letter)? (?:as )?(?:a|my) |\b(?:make|making|submit|submitting|file|filing|lodge|lodging|this is) (?:a|my) )(?:formal )?$`)
	// alone matches what may stand behind the name of a right that is a heading.
	alone = compiled(`^[\s"')*:-]*(?:\(?(?:under|pursuant to|according to|gemäß|gdpr|uk gdpr|request)\b[^,]{0,40})?$`)
	// begins matches the start of a clause.
	begins = compiled(`(?:(?:,| and| so| but|^)(?: so| therefore| then| hence| and)* ((?:please|kindly|i (?:hereby |now |therefore |also )*(?:want|wish|would like|request|demand|ask|exercise|invoke|object)|i'd like)\b|i (?:do not|don't|have|am|no longer|never|won't|will not)\b|which i\b)| ((?:because|since|as) i\b))`)

	denied = whole(`no|not|never|wrote|writes|says|\pL+n't|dont|cannot|without|already|who|why|when|how|whether|if|unless|until|nobody|no one|no need|instead|rather|before|after|although|what|where|which|wonder|wondering|know|tell me|confirm|explain|inform me|information|read|heard|learn|understand|think|believe|withdraw|cancel|revoke|retract|undo|asked|requested|said|told|promised|wanted|tried|refused?|ignored?|failed|fail|unable|was|were|did|does|had to|has to|have to|must|complain|complaint|thank you for|thanks for|mistake|accidentally|comply|note|respect|see|erklär\pL*|informieren|beachten|sagen sie|expliqu\pL*|respecter|lea|explic\pL*|spieg\pL*|uitleg\pL*|wyjaśn\pL*|förklar\pL*|forklar\pL*|somebody|someone|he|she|they|customer|customers|client|clients|user|users|friend|mother|father|my (?:wife|husband|son|daughter|colleague)|policy|form|button|page|website|app|link|mail|email|template|law|example|joke|` +
		`nicht|kein|keine|keinen|ohne|warum|wann|wie|ob|wenn|falls|bereits|schon|statt|verletzt|verstoß|verstößt|beschwerde|pas|sans|pourquoi|quand|comment|déjà|violation|plainte|sin|qué|cuándo|cómo|ya|nunca|si|queja|non|senza|perché|quando|come|già|mai|violato|niet|geen|zonder|waarom|wanneer|hoe|nooit|klacht|não|sem|porque|como|já|nie|bez|dlaczego|kiedy|jak|czy|jeśli|już|nigdy|skarga|inte|utan|varför|när|hur|redan|ikke|uden|hvorfor|hvornår|hvordan|hvis|allerede|violat\w+|breach\w*|infring\w+`)
	denies = whole(`not|never|\pL+n't|cannot|without|except|unless|if|was|were|is|are|has|have|had|does|did|would|should|who|why|how|whether|but|yet|instead|maybe|perhaps|later|tomorrow|next|refused|ignored|failed|nicht|kein|keine|pas|sans|non|senza|niet|geen|não|sem|nie|bez|inte|ikke|sin|violat\w+|breach\w*|infring\w+|verletzt|verstoß`)
	// claims matches somebody of whom something is said, and asks whoever is asked.
	claims = compiled(`\b(?:you|we|they|he|she|it|company|companies|i)( (?:always|will|can|do|may|only|then|also))*[ ]*$`)
	asks   = compiled(`\b(?:can|could|would|will) you *$|\b(?:want|ask|request|demand|insist|require|wish|like)(?: that)? you *$`)
	// forbids matches a clause that forbids something: what comes next in its sentence may be meant too.
	forbids = compiled(`^[\s"'(*-]*(?:please|kindly|do|don't|never|you)\b.*\b(?:not|never|\pL+n't|no)\b`)
	polite  = compiled(`\b(?:(?:can|could|would) you|will you please)\b|\bmay i (?:ask|request|have)\b|\b(?:can|could) i (?:have|get|receive)\b`)
	// self and asked match somebody who asks by the verb that is the first word of a right.
	self  = compiled(`\bi(?: (?:hereby|now|therefore|also|would|just))* *$`)
	asked = compiled(`^(?:object|opt|request|want|need|like)\b`)
	may   = compiled(`\b(?:can|could|may) i *$`)
	gets  = compiled(`^(?:have|get|receive|obtain|request)\b`)
	// elsewhere matches words that make the wish of a whole sentence doubtful.
	elsewhere = compiled(`\b(?:changed my mind|just (?:kidding|testing|a test)|hypothetical\w*|for example|is it possible|possible to|am i able)\b`)
	// goesOn matches what may stand behind the words of a right.
	goesOn = compiled(`^(?: *$|[^\pL\pN'’\- ]|\s*[-–,;:()"”?/]|'*$| (?:and|or|from|with|within|at|as|to|under|according|pursuant|per|please|in (?:accordance|line|full|compliance|my account|your|all|any|a structured|a machine)|on (?:the basis|your)|held|that|which|you|immediately|now|asap|completely|permanently|fully|entirely|today|by|for|via|because|since|i|we|it|here|too|also|right|once|without delay|also|request|thanks|thank|regards|best|kind|yours|sincerely|gemäß|nach|about|concerning|relating|this|again|` +
		`over|auskunft|um|die|der|das|le|la|les|el|los|il|lo|di|de|het|een|op|van|o|a|do|mi|mnie|om|att|af|par|pour|sur|mes|mi|mis|dei|miei|mijn|os|meus|dados|danych|mina|mine|zu|über|auf|wszystkich|pani|państwa)\b)`)
	// spoils matches words that turn the words of a right into those of another wish.
	spoils = map[privacy.Right]pattern{
		privacy.Erasure:       compiled(`\b(?:newsletters?|mailing list|marketing|distribution list|photo|picture|history|order|invoice|cookies?|browser|phone|device)\b`),
		privacy.Access:        compiled(`\b(?:processing agreement|dpa|leaflet|breach|policy|sheet|training)\b`),
		privacy.OptOut:        compiled(`\bwith (?:my|the|him|her|them|his)\b`),
		privacy.Rectification: compiled(`\b(?:password|address book|payment|card)\b`),
	}
	// brings are words for what the rights bring, in the languages of the articles.
	brings = map[privacy.Right]pattern{
		privacy.Access:        compiled(`copy|access|auskunft|kopie|copie|accès|acceso|copia|accesso|inzage|acesso|cópia|dostęp|kopi|tillgång|indsigt|registerutdrag`),
		privacy.Erasure:       compiled(`eras|delet|remov|forgotten|lösch|effac|supprim|suppression|oubli|supresión|suprim|borr|eliminar|cancell|oblio|wissen|wis |vergetel|verwijder|apagamento|apag|usunięci|rader|slet`),
		privacy.Rectification: compiled(`rectif|correct|berichtig|rettific|corregg|rectific|corrig|sprostowan|rättels|rätta|berigtig|retigering`),
		privacy.Restriction:   compiled(`restrict|einschränk|limita|beperk|ogranicz|begräns|begræns`),
		privacy.Portability:   compiled(`portab|machine[- ]readable|übertrag|meine daten|overdra|przenosz|dataportabilitet|mes données|mis datos|miei dati`),
		unclearObjection:      compiled(`object|widersprech|widerspruch|oppos|opon|opong|bezwaar|sprzeciw|invänd|indsigelse`),
	}
)
