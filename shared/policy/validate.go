package policy
func Validate(p *Policy) []error { return nil }
