// Package dynamo opens DynamoDB and contains what all stores share. Each store is a package of its own in a subfolder, so that a function links
// only what it uses.
//
// A table has one store, with two exceptions. In LedgerTable, package reminders stores the progress of reminders. In the Requests table, package
// requests stores the files of requests, confirmations the waiting consents, mailboxes the mailboxes and wishes for links, identities the changes of
// identities, and limits the counters, while queue finds due tasks. Package consents stores the step of a consent decision there, and package records
// the task of a walk, each in the transaction of the change that it belongs to. Package own scans the keys and expiries of all tables but Records.
//
// A key never contains personal data: addresses and clients appear only as an HMAC, visitors only as a hash. The following table
// lists every key. A test compares it with template.yaml.
//
// Keys: table | PK | SK | what | index
//
//	ConsentsTable | v#<SHA-256(visitor)> | <version, 10 digits> | one consent record of a visitor: the whole state after it | -
//	ConsentsTable | e#<sid>              | <version, 10 digits> | one consent record of a data subject known by address | -
//	SubjectsTable | i#<keyVersion>#<HMAC(address)> | ALIAS  | an address as it is spelt on record, and whom it stands for: nobody, after it was detached | -
//	SubjectsTable | x#<keyVersion>#<HMAC(client, id)> | ALIAS  | the id that a client system uses for a data subject | -
//	SubjectsTable | s#<sid>              | !state | the state that decides how long account data is kept, and for the index who is an account holder | people
//	RecordsTable  | s#<sid>              | <category>#<id> | a record of a data subject | due
//	RecordsTable  | a#<day>#<00-15>      | analytics#<hash> | analytics counts of one day; the hash is of the day and the id that was sent | due
//	RequestsTable | r#<id>               | REQUEST | a rights request | work, open
//	RequestsTable | r#<id>               | EVENT#<n> | an event of the request | -
//	RequestsTable | r#<id>               | EXPORT#<attempt> | one attempt at an export | work
//	RequestsTable | r#<id>               | ERASURE | what the erasure that a request asks for will do and has done | work
//	RequestsTable | r#<id>               | TASK#<kind> | a task beside the main step of the request, which is still due | work
//	RequestsTable | c#<id>               | CONSENT | a consent by e-mail address that waits for its confirmation | work
//	RequestsTable | s#<sid>              | STEP#consent | a consent decision whose effect on other data is still due | work
//	RequestsTable | s#<sid>              | STEP#walk | an update of the expiries of a data subject's account data that is still due | work
//	RequestsTable | m#<HMAC(address)>    | REQUEST#<id> | a rights request that was filed with the address | -
//	RequestsTable | s#<sid>              | REQUEST#<id> | a rights request of a data subject that was filed with an address which stands for them no longer | -
//	RequestsTable | m#<HMAC(address)>    | PENDING#<id> | a consent by the address that waits for its confirmation | -
//	RequestsTable | m#<HMAC(address)>    | CHANGE#<id> | a change of identities that the holder of the address may contest | -
//	RequestsTable | y#<id>               | CHANGE | a change of identities, and what follows from it | work
//	RequestsTable | m#<HMAC(address)>    | MAILBOX | the mailbox of an address: the keyed hashes of its links, and the mails that are due | work
//	RequestsTable | l#<id>               | LINK | a wish for a link, until the mail with the link is due | work
//	RequestsTable | limit#<HMAC>#<day>   | <kind or minute> | a counter of a client | -
//	LedgerTable   | report#<year>        | <sweptAt>#<id> | a retention report | -
//	LedgerTable   | audit#<day>          | <at>#<id> | an audit entry of an act of staff, or of an act on identities | -
//	LedgerTable   | replay#<day>         | <at>#<id> | what was taken away from a data subject, to be done again after a restore | -
//	LedgerTable   | lease                | sweep | the lease that keeps two sweeps from running at once | -
//	LedgerTable   | cursor               | own | where the next sweep continues with the service's own items, if a table is too large for one sweep | -
//	LedgerTable   | remind               | last | until when the team and people were reminded of requests, and the lease of the run that does it | -
//	NoticesTable  | n#<version>          | META | a notice campaign about a policy version | again
//	NoticesTable  | n#<version>          | CLAIM#<n, 10 digits> | the recipients, as aliases, of one call to SES | -
//	NoticesTable  | n#<version>          | EVENTS | when SES last reported something about a mail of the campaign | -
//	NoticesTable  | n#<version>#<00-63>  | i#<keyVersion>#<HMAC(address)> | a recipient of the campaign, and what became of the notice | again
//
// The item of an address that several share has two attributes about each of them, so that it says whom it stands for once the data of the others has
// expired: ends, a map from sid to the second at which their data expires (without an entry, it has no end), and formerly, a set of
// "<sid> <epoch seconds> <sid of the one to whom they were joined>". Whoever has expired is left out when the item is read (subject.Alias.At), and is
// taken out of it when it is next written. Until then, sids and the set shared in the state of the one who is left still say what was before.
//
// The item of a request that consists of mails to the privacy address has them in the list messages, oldest first: at, text, cut, attachments (a number, as
// none is kept), and sure, which says that the domain of the sender vouches for the sender. about is the id of the request that the mail answers. At most
// six messages of 10,000 characters are kept, so that the item has room. Neither is copied into an index.
//
// A record whose use is restricted has no expiresAt. If it has an expiry of its own, it keeps that in the attribute otherwise. asOf is the version of the
// data subject's state that the expiry follows. The state keeps what the data subject has limited in the attribute limits.
//
// Index due of RecordsTable: PK due = <category>#<00-15>, SK expiresAt. Index work of RequestsTable: PK work = w#<0-3>, SK nextAt.
// Index open of RequestsTable: PK open = o#<0-3>, SK dueAt, with right, state, waitingFor, receivedAt and jurisdiction. It has the requests that are not
// closed.
// Index again of NoticesTable: PK again = n#<version> for recipients who are mailed again and n# for campaigns, SK nextAt.
// Index people of SubjectsTable: PK people = p#<00-15>, SK since, with primary, contract, endedAt and expiresAt.
package dynamo
