// Package bundle builds the sealed bundle that answers a request for access or portability (GDPR Art. 15, 20;
// promises H01, H05).
//
// Write makes one ZIP in one pass over the records, as a stream:
//
//	data/<category>.json   the records, their data byte for byte as stored
//	data/<category>.csv    the same in columns, safe to open in a spreadsheet
//	consents.json          the consent records, each with its signed receipt
//	requests.json          every rights request that came by the address; in an answer to access only
//	subject.json           the addresses and the state on record, consents that wait for their button; in an answer to access only
//	processing.json        what GDPR Art. 15(1) and (2) ask for; in an answer to access only
//	index.html             all of it to read, without a program: summary, counts, the newest records
//	manifest.json          size and SHA-256 of every other file, and the titles, words and order in which a reader is shown them
//
// Seal encrypts what is written to it, to an identity that exists nowhere else.
//
// What must come later in the archive than it is known waits in temporary files that are unlinked as soon as they are
// open, so that a killed attempt leaves nothing behind and memory stays the same however many records there are.
package bundle
