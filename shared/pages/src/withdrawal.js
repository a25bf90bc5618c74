// The question before a request is withdrawn, or before what it stopped is allowed again.
import { $ } from './dom.js'
import { deletes } from './plan.js'
import { holds } from './words.js'

/** Reports whether withdrawing the request allows again what it stopped. */
export const takesBack = request => Boolean(holds(request))

const questions = {
  withdraw: {
    title: 'Withdraw this request?', text: 'If you withdraw it, we stop working on it. You can send another request at any time.',
    yes: 'Withdraw it',
  },
  deletion: {
    title: 'Cancel the deletion?', text: 'If you cancel it, we delete nothing. You can ask for it again at any time.',
    yes: 'Cancel the deletion', no: 'Do not cancel',
  },
  objection: {
    title: 'Take your objection back?', text: 'If you take it back, we may use your data again for what you objected to. You can object again at any time.',
    yes: 'Take it back',
  },
  restriction: {
    title: 'Take the limit back?', text: 'If you take it back, we may use the data again, and we delete it when its normal period ends. You can ask for the limit again at any time.',
    yes: 'Take it back',
  },
  child_erasure: {
    title: 'Withdraw this report?', text: 'If you withdraw it, what it has stopped for the child may go on, and we stop working on it. You can send another report at any time.',
    yes: 'Withdraw it',
  },
  opt_out: {
    title: 'Opt in again?', text: 'You opted out of the sale and sharing of your personal information. If you take that back, you opt in again: we may then share it for advertising. You can opt out again at any time.',
    yes: 'Opt in again',
  },
}

/** The words of the question about a request. */
export const questionOf = request => takesBack(request) && Object.hasOwn(questions, request.right) ? questions[request.right] : deletes(request) ? questions.deletion : questions.withdraw

/** Asks the question. The dialog's answer is withdraw or keep. */
export function askWithdrawal(request) {
  const { title, text, yes, no = 'Keep it' } = questionOf(request)
  $('sure-title').textContent = title
  $('sure-text').textContent = text
  $('sure-yes').textContent = yes
  $('sure-no').textContent = no
  $('sure').showModal()
}
