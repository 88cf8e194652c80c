/** All that a person can do, by the step in which it is done. */

export { begin, chooseTarget } from "./target.js";
export { putAside, takeFiles, takeNext, takePasted, takeSeen, toFile } from "./file.js";
export { leaveUpload, networkChanged, setPaused, uploadAgain } from "./upload.js";
export { dismissLocale, dismissRemembered, leaveMap, proceed, setColumn, setOption, useRemembered } from "./map.js";
export { allowRejections, askToConfirm, backToMap, importIt, setWish, startDryRun } from "./check.js";
export { cancelRun, openJob } from "./run.js";
export { importNext, nextPage, previousPage, setFilter, toggleRow, toOther } from "./result.js";
export { edit, importCorrections } from "./fix.js";
export { askUndo, changeSettings, download, retryJob, saveBlob, saveReport, undoJob } from "./mend.js";
