package suggest_test

import (
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/request/suggest"
)

// plain are texts that ask for one right in words that can hardly mean anything else.
var plain = map[privacy.Right][]string{
	privacy.Access: {
		"Please send me a copy of my data.", "please send me a copy of all my personal data", "Hello,\n\nplease send me a copy of all the data that you hold about me.\n\nAnna Lee", "I would like a copy of my data.",
		"I hereby request a copy of my personal data under the UK GDPR.", "Could you please send me a copy of my data?", "Can I have a copy of my data?", "Please provide me with all the personal information you hold about me.",
		"This is a mail.\n\nI am making a request.\n\nI request a copy of the personal data that you hold about me, within one month.", "Subject access request", "Data access request\n\nMy name is Anna Lee.", "SAR\n\nAnna Lee, 4711",
		"I exercise my right of access.", "I am exercising my right of access under Article 15 GDPR.", "Please treat this as a subject access request.", "By this email I request a copy of my data.", "I no longer trust you, so please send me a copy of my data.",
		"Dear team, please send me a copy of my data. Thank you!", "Guten Tag,\n\nich bitte um Auskunft.\n\nHiermit beantrage ich Auskunft nach Art. 15 DSGVO.", "Bitte geben Sie mir Auskunft gemäß Artikel 15 DSGVO.", "Je vous demande une copie de mes données en vertu de l'article 15 du RGPD.",
		"Solicito acceso a mis datos conforme al artículo 15 del RGPD.", "Chiedo l'accesso ai miei dati ai sensi dell'art. 15 GDPR.", "Hierbij verzoek ik om inzage op grond van artikel 15 AVG.", "Peço acesso aos meus dados ao abrigo do artigo 15 do RGPD.", "Proszę o dostęp do moich danych na podstawie art. 15 RODO.",
		"Jag begär tillgång till mina uppgifter enligt artikel 15 GDPR.", "Jeg anmoder om indsigt efter artikel 15 GDPR.", "I request a copy of my data pursuant to Art. 15(3) GDPR.",
	},
	privacy.Erasure: {
		"Please delete my account.", "Delete my account", "delete my data", "Please erase all of my personal data.", "I want you to delete my account.", "I'd like you to delete my data, please.", "I want to delete my account", "Please remove all my data from your systems.",
		"Can you please delete my account?", "Could you delete my account", "Would you please delete all my personal information?", "Please delete my account because I do not use it any more.", "I do not use your service any more, so please delete my account.", "Please delete my account, I don't need it.",
		"Please delete my account and confirm the deletion.", "I request the deletion of my data.", "I exercise my right to be forgotten.", "I hereby invoke my right to erasure under Art. 17 GDPR.", "Right to erasure\n\nMy name is Anna.", "Please delete my data and my account.", "Kindly delete\nmy account.",
		"Hello, please forget me.", "I ask that you delete my data within one month.", "Bitte löschen Sie meine Daten nach Art. 17 DSGVO.", "Veuillez effacer mes données, article 17 RGPD.", "Solicito la supresión de mis datos según el artículo 17 del RGPD.", "Chiedo la cancellazione dei miei dati, art. 17 GDPR.",
		"Ik verzoek u mijn gegevens te wissen op grond van artikel 17 AVG.", "Peço o apagamento dos meus dados, artigo 17 do RGPD.", "Żądam usunięcia moich danych na podstawie art. 17 RODO.", "Jag vill att ni raderar mina uppgifter enligt artikel 17 GDPR.", "Venligst slet mine oplysninger, artikel 17 GDPR.",
		"Delete my account\n\nPlease delete my account at once.", "We never met. Please delete my data.",
	},
	privacy.Rectification: {"Please correct my name.", "Please update my address: 1 High Street, London.", "I would like to change my email address to b@example.org.", "Please rectify my personal data.", "I exercise my right to rectification.", "Bitte berichtigen Sie meinen Namen, Art. 16 DSGVO."},
	privacy.Restriction:   {"Please restrict the processing of my data.", "I request the restriction of processing of my personal data.", "I invoke my right to restriction of processing.", "Je demande la limitation, article 18 du RGPD."},
	privacy.Portability:   {"Please send me my data in a machine-readable format.", "I exercise my right to data portability.", "Ich verlange meine Daten nach Art. 20 DSGVO."},
	privacy.Objection:     {"Please stop sending me newsletters.", "Stop sending me marketing emails!", "Unsubscribe me", "Please unsubscribe me.", "No more marketing, please.", "I object to direct marketing.", "Please stop all marketing.", "Stop mailing me offers"},
	privacy.OptOut:        {"Do not sell my personal information.", "Please do not sell or share my personal information.", "I opt out of the sale of my personal information.", "Don't sell my data!"},
}

// doubtful are texts for which nothing may be suggested.
var doubtful = []string{
	"", "Hello?", "Where are your servers?", "I have a question.", "My account is locked, please help.", "Please delete.", "My data is wrong.",
	// denied, taken back, put off
	"Do not delete my account.", "Please do not delete my account.", "Please don't delete my data", "I never asked you to delete my account.", "I do not want you to delete my data.", "I don’t want to delete my account", "Never delete my account.", "I withdraw my request to delete my account.", "Please cancel the deletion of my account.",
	"I changed my mind, please keep it instead of deletion of my data.", "Please delete my account? No, do not.", "You need not send me a copy of my data.", "Delete my account, but not my invoices.", "Please delete my data except my invoices.", "There is no need to delete my account.", "I won't delete my account.",
	"Delete my data is not what I want.", "Please delete my account next year.", "Please delete my account unless I write again.", "If you cannot help, I will delete my account.", "Before you delete my account, call me.", "Without a copy of my data I cannot decide.", "Nobody should delete my account.",
	// questions
	"How do I delete my account?", "How can I get a copy of my data?", "Do you delete my data after a year?", "When will you delete my data?", "Did you delete my account?", "Why did you delete my account?", "Who can delete my account?", "Is it possible to delete my account?", "Delete my account?", "What happens if I delete my account?",
	"Can you tell me how to delete my account?", "Could you please confirm whether you delete my data?", "Have you deleted my account?", "Is there a right to erasure?", "What is a subject access request?", "Where do I send a subject access request?", "What does Art. 15 GDPR say?", "Please tell me when you delete my data.", "Please explain the right of access.",
	"Will you stop sending me newsletters?", "Warum gilt Art. 17 DSGVO nicht?", "Gilt Art. 15 DSGVO?",
	// said of others, of the past, of texts
	"You delete my data every month.", "Your policy says that you delete my data.", "I know that you delete my data.", "We delete my account page tests every day.", "I wanted you to delete my data and you ignored it.", "You refused to delete my account.", "You had to answer under Art. 15 GDPR.", "You violated Art. 17 GDPR.",
	"I want to complain that you ignored my right of access.", "I asked you to send me a copy of my data.", "Thank you for the copy of my data.", "Thanks for the deletion of my account.", "The button Delete my account does not work.", "I clicked on the link and it says delete my account.", "I read about the right of access.",
	"Somebody said: please delete my account.", "Somebody else told you to delete my account.", "My mother wants you to delete my account.", "The right of access is important.", "A friend sent a subject access request.", "You did not answer my subject access request.", "Ihre Antwort auf Art. 15 DSGVO ist falsch.", "Sie haben gegen Art. 17 DSGVO verstoßen.",
	"Ich möchte keine Auskunft nach Art. 15 DSGVO.", "Je ne demande pas l'effacement, article 17 du RGPD.", "No solicito nada del artículo 17 del RGPD.", "Non chiedo la cancellazione, art. 17 GDPR.", "Ik wil geen inzage, artikel 15 AVG.", "Não peço o apagamento, artigo 17 do RGPD.", "Nie żądam usunięcia, art. 17 RODO.", "Jag vill inte ha tillgång enligt artikel 15 GDPR.", "Jeg ønsker ikke indsigt efter artikel 15 GDPR.",
	// something else
	"Please delete my account picture.", "Please delete my data export.", "Please remove my data from the newsletter.", "Please stop sending me invoices.", "Stop sending me links.", "Send a copy of the information leaflet.", "Please send me a copy of my data processing agreement.", "Please update my address book.", "Please change my name badge.", "Forget me not.",
	"Please correct my password.", "I have no newsletter.", "There is no marketing.", "Do not sell my car.", "Please delete my mother's account.", "Delete my friend's account.", "Please delete my account's history.", "Art. 150 GDPR does not exist, please look.", "Please see Art. 15 of the constitution.", "Article 17 of our contract, GDPR aside, please.", "Please delete my account number from the invoice.",
	// wishes about something beside the right
	"I hope you will not delete my account.", "Under no circumstances delete my data.", "Please refrain from deleting; do keep my account.", "It would be a shame to delete my account.", "My boss wants me to delete my account.",
	"I am afraid you delete my data.", "Please stop the deletion of my account.", "Please pause the deletion of my data.", "Please undo the deletion of my account.", "Please delay the erasure of my data.",
	"I object to the deletion of my account.", "Please restore my data.", "Your colleague offered to delete my account.", "You offered to delete my data.", "Threatening to delete my account is rude.",
	"I got a mail that says I want to delete my account.", "A scammer wants to delete my account.", "Please prevent others from requesting the deletion of my data.", "Please make sure that nobody can delete my account.",
	"Please protect my data against deletion.", "I want to keep my account, not delete my account.", "Please do what is needed to avoid the deletion of my account.", "I would like to know how long you keep a copy of my data.",
	"I want to know if you sell my data.", "I'd like information about the right of access.", "Please send me information on data portability.", "Please send me your subject access request form.",
	"Please send me the form for a subject access request.", "I need help with a subject access request.", "I request an update on my subject access request.", "Please answer my subject access request of 3 May.",
	"I want to cancel my subject access request.", "Please update my address when you can, or not.", "I want to change my name but cannot.", "You change my name all the time.", "Please stop marketing on my street.",
	"Stop direct marketing lies.", "I love no more marketing.", "Unsubscribe me? Never!", "Please unsubscribe me and delete my data.", "Please do not share my data with my wife.", "Please do not sell my account to anyone.",
	"I hope you do not sell my data.", "Please confirm you do not sell my data.", "Please assure me that you don't share my data.", "Can you promise that you don't sell my data?",
	"I am writing a thesis about the right to be forgotten.", "My lawyer says I have the right to erasure.", "I want to write about Art. 17 GDPR.", "Please read Art. 15 GDPR again.", "Please comply with Art. 15 GDPR.",
	"Please explain Art. 17 GDPR to me.", "Kindly note Art. 21 GDPR.", "Bitte beachten Sie Art. 17 DSGVO.", "Bitte erklären Sie mir Art. 15 DSGVO.", "Bitte sagen Sie mir, ob Art. 17 DSGVO gilt.",
	"Merci de respecter l'article 15 du RGPD.", "Por favor lea el artículo 17 del RGPD.", "Ich möchte mich über Art. 17 DSGVO informieren.", "Please send me a copy of my data when you delete my account.",
	"Please delete my data in two years.", "If possible, delete my account.", "Please delete my account only if I owe nothing.", "Please delete my account after my trip.", "Please, please do not forget me.",
	"Please delete my data, just kidding.", "Please delete my account in case I die.", "Please delete my account on 1 May 2030.", "Please do not, under any circumstances, please delete my account.",
	"I do not, and I want to stress this, want you to delete my data.", "Never ever, please delete my account never.", "Ask my son, he will delete my data.", "Please help me: somebody wants to delete my account.",
	"Please tell Anna to delete my data.", "Please let me delete my account.", "I want to be able to delete my account.", "I want a right to erasure.", "Please add a right of access page.", "I wish you would not sell my data.",
	"Please send me a copy of my data? No thanks.", "I request that you do not delete my data.", "I demand that you never delete my account.", "I insist you keep a copy of my data.", "Please keep a copy of my data.",
	"Please destroy every copy of my data.", "Please delete the copy of my data.", "You have a copy of my data.", "I have a copy of my data.", "I received a copy of my data.", "Attached is a copy of my data.",
	"Attached please find a copy of my data.", "Please find attached a copy of my data.", "Please sign the copy of my data.", "Please use the copy of my data.", "Please erase my data or I shall not pay.",
	"Erklären Sie die Löschung nach Art. 17 DSGVO bitte.", "I deny that I want you to delete my account.", "Please reject the request to delete my account.", "Ignore the mail; it says please delete my account.",
	"Please forward my wish to delete my account to nobody.",
	// objections that do not say to what, alone and beside other wishes
	"I object to the processing of my personal data.", "I exercise my right to object.", "Hiermit widerspreche ich nach Art. 21 DSGVO.", "I object to the use of my data. Unsubscribe me.", "I exercise my right to object. Please delete my account.",
	// several
	"Please send me a copy of my data and delete my account.", "Delete my account. Stop sending me newsletters.", "Delete my account, and send me a copy of my data before.", "I exercise my rights under Art. 15 GDPR and Art. 17 GDPR.", "Subject access request\n\nPlease delete my account.", "Please send me a copy of my data in a machine-readable format under Art. 20 GDPR.", "Please correct my name or delete my account.",
	// quoted
	"Re: Please delete my account\n\nWhy?", "AW: Delete my account\n\nSiehe unten.", "Fwd: Delete my account\n\nWhat shall I do with this?", "> Please delete my account.\n\nI did not write this.", "I see.\n\nOn Mon, 2 Nov 2026 at 10:00, Anna <a@example.org> wrote:\nPlease delete my account.",
	"Hello\n\n-----Original Message-----\nFrom: a@example.org\n\nPlease delete my account.", "Hallo\n\nAm 2. November 2026 schrieb Anna:\n> Hiermit verlange ich Auskunft nach Art. 15 DSGVO.", "Bonjour\n\nLe 2 nov. 2026, Anna a écrit :\nJe demande une copie, article 15 du RGPD.", "Hi\n\n________________________________\nFrom: Team\nPlease delete my account.",
	"| Please delete my account.", "> Your right of access\n> Subject access request\nok", "Re: Your deletion plan is ready\n\nThanks.", "Von: anna@example.org\nBitte löschen, Art. 17 DSGVO.",
}

// H12, T06: a right is suggested where somebody asks for it in plain words, and only there. A wrong suggestion is worse than none.
func TestPromise_H12_SuggestsOnlyWhatIsPlain(t *testing.T) {
	t.Parallel()
	n := len(doubtful)
	for right, texts := range plain {
		n += len(texts)
		for _, text := range texts {
			if got, ok := suggest.Right([]request.Message{{Text: text}}); got != right || !ok {
				t.Errorf("%q: %q, not %q", text, got, right)
			}
		}
	}
	for _, text := range doubtful {
		if got, ok := suggest.Right([]request.Message{{Text: text}}); ok || got != "" {
			t.Errorf("%q: %q is suggested", text, got)
		}
	}
	if n < 300 {
		t.Errorf("%d texts", n)
	}
}

// T06: whatever stands in front of a plain wish or behind it, if it denies or doubts the wish, nothing is suggested. Two messages with different wishes
// suggest nothing; two with the same one do.
func TestThreat_T06_DoubtSuggestsNothing(t *testing.T) {
	t.Parallel()
	for right, texts := range plain {
		for _, text := range texts {
			for _, doubt := range []string{"Please do not delete my account. ", "You must not send me a copy of my data. ", "How do I stop all marketing? ", "Somebody else wrote: please delete my data. "} {
				if got, ok := suggest.Right([]request.Message{{Text: doubt + "\n\n" + text}}); ok {
					t.Errorf("%q before %q: %q", doubt, text, got)
				}
				if got, ok := suggest.Right([]request.Message{{Text: text}, {Text: doubt}}); ok {
					t.Errorf("%q after %q: %q", doubt, text, got)
				}
			}
			if got, _ := suggest.Right([]request.Message{{Text: text}, {Text: "Hello, how are you?"}, {Text: text}}); got != right {
				t.Errorf("%q twice: %q", text, got)
			}
			for other, others := range plain {
				if got, ok := suggest.Right([]request.Message{{Text: text}, {Text: others[0]}}); ok != (right == other) {
					t.Errorf("%q and %q: %q", text, others[0], got)
				}
			}
			if got, ok := suggest.Right([]request.Message{{Text: "Re: your mail\n\nNo.\n\n> " + strings.ReplaceAll(text, "\n", "\n> ")}}); ok {
				t.Errorf("%q, quoted: %q", text, got)
			}
		}
	}
	if got, ok := suggest.Right(nil); ok || got != "" {
		t.Errorf("of nothing: %q", got)
	}
}
