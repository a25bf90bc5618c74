package sam

// Statement is one statement of a role.
type Statement struct {
	Sid       string
	Effect    string
	Actions   []string
	Resources []Value
	Condition Value
}

// statements collects what a role allows, from its own policies and from the managed policies of this stack.
func (t *Template) statements(role string) []Statement {
	p := t.Resources[role].Properties
	var all []Statement
	for _, policy := range p.Get("Policies").List() {
		all = append(all, document(policy.Get("PolicyDocument"))...)
	}
	for _, managed := range p.Get("ManagedPolicyArns").List() {
		id, _ := managed.Target()
		all = append(all, document(t.Resources[id].Properties.Get("PolicyDocument"))...)
	}
	return all
}

func document(policy Value) []Statement {
	var all []Statement
	for _, s := range policy.Get("Statement").List() {
		all = append(all, Statement{
			Sid: s.Get("Sid").Text(), Effect: s.Get("Effect").Text(), Actions: s.Get("Action").Texts(),
			Resources: s.Get("Resource").List(), Condition: s.Get("Condition"),
		})
	}
	return all
}
