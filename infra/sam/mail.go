package sam

// MailReports returns the logical id of the queue that gets what SES reports about mails: the one that is subscribed to the topic of the
// configuration set's event destination. It is empty if there is none.
func (t *Template) MailReports() string {
	for _, destination := range t.Resources {
		if destination.Type == "AWS::SES::ConfigurationSetEventDestination" {
			topic, _ := destination.Properties.Get("EventDestination", "SnsDestination", "TopicARN").Target()
			return t.subscribed(topic)
		}
	}
	return ""
}

// Inbound says what SES does with a mail to the privacy address.
type Inbound struct {
	Recipient     Value  // the address
	Bucket        string // where SES stores the mail, by its logical id
	Prefix        string // of the object's key; the message id follows it
	Topic, Queue  string // which learn of it, by their logical ids
	Scan          bool   // for spam and viruses
	RuleSet, Rule string // the rule set by its logical id, and the name of the rule in it
}

// Inbound returns what the template's receipt rule says. It returns false if there is none.
func (t *Template) Inbound() (Inbound, bool) {
	for _, r := range t.Resources {
		if r.Type != "AWS::SES::ReceiptRule" {
			continue
		}
		rule := r.Properties.Get("Rule")
		recipients, actions := rule.Get("Recipients").List(), rule.Get("Actions").List()
		if len(recipients) != 1 || len(actions) != 1 {
			return Inbound{}, false
		}
		in := Inbound{Recipient: recipients[0], Scan: rule.Get("ScanEnabled").Bool(), Rule: rule.Get("Name").Text()}
		store := actions[0].Get("S3Action")
		in.Prefix = store.Get("ObjectKeyPrefix").Text()
		in.Bucket, _ = store.Get("BucketName").Target()
		in.Topic, _ = store.Get("TopicArn").Target()
		in.RuleSet, _ = r.Properties.Get("RuleSetName").Target()
		in.Queue = t.subscribed(in.Topic)
		return in, true
	}
	return Inbound{}, false
}

// subscribed returns the queue that is subscribed to a topic.
func (t *Template) subscribed(topic string) string {
	for _, subscription := range t.Resources {
		p := subscription.Properties
		if of, _ := p.Get("TopicArn").Target(); subscription.Type == "AWS::SNS::Subscription" && of == topic && p.Get("Protocol").Text() == "sqs" {
			queue, _ := p.Get("Endpoint").Target()
			return queue
		}
	}
	return ""
}
