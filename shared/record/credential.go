package record

import "regexp"

// bcryptHash is a bcrypt hash of cost 12 to 31: version, cost, 22 characters of salt, 31 of digest; 60 in all.
var bcryptHash = regexp.MustCompile(`^\$2[aby]\$(1[2-9]|2[0-9]|3[01])\$[./A-Za-z0-9]{53}$`)

// IsStrongHash reports whether s is a bcrypt hash of cost 12 or more, the only form in which a password is kept (promise G01).
func IsStrongHash(s string) bool { return bcryptHash.MatchString(s) }
