package privacy

// Words name a right as people do. Pages and mails say them; the article of a law stands beside them, from the policy.
type Words struct {
	Wish  string // what somebody wants, in their own words: "Delete my data". It heads the right
	Name  string // how we speak of it to them: "request to delete your data"
	Means string // what it is, for a right that the policy does not state; else empty
}

// words names every right.
var words = map[Right]Words{
	Access:             {Wish: "Get a copy of my data", Name: "request for a copy of your data"},
	Portability:        {Wish: "Take my data to another provider", Name: "request to take your data to another provider"},
	Know:               {Wish: "Know what you collect", Name: "request to know what we collect about you"},
	Rectification:      {Wish: "Correct my data", Name: "request to correct your data"},
	Erasure:            {Wish: "Delete my data", Name: "request to delete your data"},
	Delete:             {Wish: "Delete my data (California)", Name: "request to delete your data (California)"},
	Restriction:        {Wish: "Limit the use of my data", Name: "request to limit the use of your data"},
	Objection:          {Wish: "Object to the use of my data", Name: "objection to the use of your data"},
	OptOut:             {Wish: "Do not sell or share my data", Name: "opt-out of sale and sharing"},
	AutomatedDecisions: {Wish: "Ask about automated decisions", Name: "question about automated decisions"},
	ChildErasure:       {Wish: "Report data about a child", Name: "report about a child’s data", Means: "Tell us that we hold data about a child, so that we delete it."},
	Question:           {Wish: "Ask a question", Name: "email to our privacy team", Means: "What you wrote to our privacy team by email."},
	Complaint:          {Wish: "Complain about how you handle my data", Name: "complaint", Means: "Complain to us about how we handle personal data."},
}

// byScope names the two requests to know, where it is known which of them it is.
var byScope = map[Scope]Words{
	ByCategory: {Wish: "Know which kinds of data you collect", Name: "request to know which kinds of data we collect about you"},
	Specific:   {Wish: "Know the data itself that you have collected", Name: "request to know the data itself that we have collected about you"},
}

// StopMarketing names an objection to direct marketing alone, which nobody weighs (GDPR Art. 21(3)).
var StopMarketing = Words{Wish: "Stop marketing", Name: "objection to marketing"}

// Words names the right. It returns false for a right that nobody can ask for.
func (r Right) Words() (Words, bool) {
	w, ok := words[r]
	return w, ok
}

// WordsOf names the right as a request asks for it. scope is that of a request to know, and empty otherwise.
func (r Right) WordsOf(scope Scope) (Words, bool) {
	if w, ok := byScope[scope]; ok && r == Know {
		return w, true
	}
	return r.Words()
}
