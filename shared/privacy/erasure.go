package privacy

// Withholding is the ground on which an erasure leaves something out (GDPR Art. 17(1)(a), 17(3), 21(3); CCPA §1798.105(d)).
type Withholding string

// The grounds. The first five stand in the policy, beside the retention rule. A hold is placed by the team.
const (
	StillNecessary Withholding = "necessary"        // still necessary for what it was collected for
	LegalDuty      Withholding = "legal_obligation" // a law demands that it is kept
	LegalClaims    Withholding = "claims"           // for legal claims, and to prove what was done
	Suppression    Withholding = "objection"        // so that the person stays forgotten, and their objections hold
	Anonymous      Withholding = "anonymous"        // nobody can tell whose it is
	LegalHold      Withholding = "hold"             // somebody of the team has placed a hold on it
)

// inCalifornia names the exceptions of California's law that match the grounds.
var inCalifornia = map[Withholding]string{
	StillNecessary: "CCPA §1798.105(d)(1), (d)(2)", LegalDuty: "CCPA §1798.105(d)(8)", LegalClaims: "CCPA §1798.145(a), §7101", Suppression: "CCPA §1798.105(c)(2)",
	Anonymous: "CCPA §1798.140(b), (m)", LegalHold: "CCPA §1798.145(a)",
}

// InCalifornia returns the exception of California's law that matches the ground: a business need not delete everything there either (CCPA §1798.105(d)).
func (w Withholding) InCalifornia() string { return inCalifornia[w] }
