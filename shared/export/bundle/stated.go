package bundle

import "github.com/helpdeskexpert/privacy/shared/policy"

// processingStated describes processing.json of a statement, so that the page that opens an export in the browser can show it.
func processingStated(p *policy.Policy) document {
	text := func(name, title string) label { return label{Name: name, Title: title, Type: "string"} }
	of := func(name, title string, words map[string]string) label {
		return label{Name: name, Title: title, Type: "list", Words: words, Absent: "none"}
	}
	objects := func(name, title string, fields ...label) label {
		return label{Name: name, Title: title, Type: "objects", Fields: fields}
	}
	hidden := func(name string) label { return label{Name: name, Title: titleOf(name), Type: typeFile} }
	kinds := of("categories", "Kinds of data", categoryWords(p))
	return document{
		File: "processing.json", Title: "How we use personal data",
		Text: "Which kinds of personal data we collect, where they come from, what we use them for, who receives them and how long we keep them. This is the same for everybody and contains none of your data.",
		Fields: []label{
			objects("covers", "Covers", text("text", "What"), label{Name: "from", Title: "At least since", Type: "date"}),
			objects("categories", "By kind of data",
				text("title", "Kind of data"), of("examples", "For example", nil), of("sources", "Comes from", sourceWords()), of("purposes", "Used for", purposeWords(p)),
				of("recipients", "Received by", nil), text("period", "Kept for"), hidden("category"), hidden("collected")),
			objects("purposes", "What we use it for",
				text("title", "Purpose"), text("text", "What it is"), label{Name: "lawfulBasis", Title: "Lawful basis", Type: "string", Words: said()["basis"]},
				label{Name: "sharing", Title: "Counts as sale or sharing in California", Type: "string", Words: said()["yes"]}, kinds, hidden("id")),
			objects("recipients", "Who receives it",
				text("title", "Name"), text("text", "What they do"), text("country", "Country"), text("agreement", "Agreement"), kinds, text("subProcessorOf", "Works for"),
				hidden("kind"), hidden("anonymised")),
			objects("disclosures", "When others receive it", text("title", "Case"), text("text", "What"), hidden("id")),
			objects("retention", "How long we keep it", text("title", "What"), text("period", "Period"), text("starts", "Starts"), text("reason", "Why"), hidden("governs")),
			objects("rights", "Your rights", text("title", "Right"), text("text", "What"), text("article", "Law"), hidden("id"), hidden("law"), hidden("online")),
			objects("complaint", "Where you can complain", text("name", "Authority"), text("site", "Website"), hidden("jurisdiction")),
			objects("sources", "Where it comes from", text("title", "Source"), hidden("source")),
			objects("automatedDecisions", "Automated decisions", text("text", "What"), hidden("exist")),
			objects("transfers", "Transfers to other countries", text("recipient", "Recipient"), text("country", "Country"), text("safeguard", "Safeguard"), text("text", "What")),
			objects("controller", "Responsible", text("name", "Name"), text("site", "Website"), text("email", "Email"), text("phone", "Telephone"), text("privacyEmail", "Privacy team")),
			text("policyVersion", "Policy version"),
		},
	}
}
