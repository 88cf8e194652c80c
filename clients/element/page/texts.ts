/** The sentences of the page around the element, in both languages. */

export type Language = "en" | "pt";

const en = {
  title: "Import files",
  product: "Imports",
  nav: "Pages",
  import: "Import",
  history: "My imports",
  language: "Language",
  signOut: "Sign out",
  loading: "Opening …",
  noConfig: "The page cannot read its settings. Is the processor running?",
  again: "Try again",
  signIn: "Sign in",
  signInLead: "to import files and see what has become of them",
  signUp: "Create an account",
  email: "E-mail",
  password: "Password",
  newPassword: "Password, at least 6 characters",
  working: "One moment …",
  link: "E-mail me a link",
  linkSent: "If there is an account for this address, a link is on its way. Open it on this device.",
  confirm: "Almost there: open the link in the e-mail that has been sent to you.",
  toSignUp: "No account yet? Create one",
  toSignIn: "Have an account? Sign in",
  expired: "Your session has ended. Sign in again; what you were doing is still here.",
  invalid_credentials: "E-mail or password is wrong.",
  email_not_confirmed: "Open the link in the e-mail first that was sent to you when the account was created.",
  user_already_exists: "There is an account for this address already. Sign in instead.",
  weak_password: "The password is too short or too easy to guess.",
  signup_disabled: "New accounts are created by your administrator.",
  over_request_rate_limit: "Too many attempts. Wait a minute and try again.",
  unreachable: "The project cannot be reached. Check the connection and try again.",
  failed: "That did not work ({code}). Try again, or ask your administrator.",
};

export type Key = keyof typeof en;

const pt: Record<Key, string> = {
  title: "Importar arquivos",
  product: "Importações",
  nav: "Páginas",
  import: "Importar",
  history: "Minhas importações",
  language: "Idioma",
  signOut: "Sair",
  loading: "Abrindo …",
  noConfig: "A página não consegue ler a configuração. O processador está em execução?",
  again: "Tentar de novo",
  signIn: "Entrar",
  signInLead: "para importar arquivos e acompanhar o resultado",
  signUp: "Criar uma conta",
  email: "E-mail",
  password: "Senha",
  newPassword: "Senha, com pelo menos 6 caracteres",
  working: "Um momento …",
  link: "Receber um link por e-mail",
  linkSent: "Se existe uma conta com este endereço, um link está a caminho. Abra-o neste dispositivo.",
  confirm: "Falta pouco: abra o link do e-mail que enviamos para você.",
  toSignUp: "Ainda não tem conta? Crie uma",
  toSignIn: "Já tem conta? Entre",
  expired: "Sua sessão terminou. Entre de novo; o que você estava fazendo continua aqui.",
  invalid_credentials: "E-mail ou senha incorretos.",
  email_not_confirmed: "Abra primeiro o link do e-mail enviado quando a conta foi criada.",
  user_already_exists: "Já existe uma conta com este endereço. Entre com ela.",
  weak_password: "A senha é curta demais ou fácil de adivinhar.",
  signup_disabled: "Novas contas são criadas pelo administrador.",
  over_request_rate_limit: "Tentativas demais. Espere um minuto e tente de novo.",
  unreachable: "Não foi possível acessar o projeto. Verifique a conexão e tente de novo.",
  failed: "Não funcionou ({code}). Tente de novo ou fale com o administrador.",
};

const TEXTS: Record<Language, Record<Key, string>> = { en, pt };

/** Return a sentence in a language, with `{name}` replaced. */
export function text(language: Language, key: Key, values: Record<string, string> = {}): string {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/** Return the sentence for an error of Auth. */
export function authText(language: Language, code: string): string {
  const known = code in en ? (code as Key) : undefined;
  return known ? text(language, known) : text(language, "failed", { code });
}

/** Return the language that the person chose before, or that of the browser. */
export function firstLanguage(): Language {
  const chosen = remembered("import-jobs-language") ?? navigator.language;
  return chosen.toLowerCase().startsWith("pt") ? "pt" : "en";
}

/** Remember a language for the next visit. */
export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem("import-jobs-language", language);
  } catch {
    // A browser without storage asks again the next time.
  }
}

function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
