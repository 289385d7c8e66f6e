"""What a seller is told of its sheet, in its own language."""

from collections.abc import Mapping

LANGUAGES = ("fr", "ar", "en")

_MESSAGES: Mapping[str, tuple[str, str, str]] = {
    "NOT_A_SHEET": (
        "Ce fichier n'est pas une feuille de calcul (XLSX, XLS, ODS ou CSV).",
        "هذا الملف ليس جدول بيانات (XLSX أو XLS أو ODS أو CSV).",
        "This file is not a spreadsheet (XLSX, XLS, ODS or CSV).",
    ),
    "ARCHIVE_WITHOUT_SHEET": (
        "Cette archive ne contient pas de feuille de calcul.",
        "هذا الأرشيف لا يحتوي على جدول بيانات.",
        "There is no spreadsheet in this archive.",
    ),
    "SEVERAL_SHEETS": (
        "Cette archive contient plusieurs feuilles de calcul : {names}. Une seule est attendue.",
        "هذا الأرشيف يحتوي على عدة جداول: {names}. المطلوب جدول واحد.",
        "There are several spreadsheets in this archive: {names}. One is expected.",
    ),
    "FILE_TOO_LARGE": (
        "Ce fichier est trop gros : {limit} Mo au plus, une fois décompressé.",
        "هذا الملف كبير جدا: {limit} ميغابايت على الأكثر بعد فك الضغط.",
        "This file is too large: at most {limit} MB once unpacked.",
    ),
    "TOO_MANY_ROWS": (
        "Cette feuille a trop de lignes : {limit} produits au plus par envoi. Partagez-la en plusieurs.",
        "هذا الجدول يحتوي على أسطر كثيرة: {limit} منتج على الأكثر في كل إرسال. قسّمه إلى عدة جداول.",
        "This sheet has too many rows: at most {limit} products at a time. Split it, please.",
    ),
    "NO_ROWS": (
        "Cette feuille ne contient aucun produit.",
        "هذا الجدول لا يحتوي على أي منتج.",
        "There is no product in this sheet.",
    ),
    "UNKNOWN_COLUMN": (
        "Colonne inconnue. Colonnes attendues : {known}.",
        "عمود غير معروف. الأعمدة المتوقعة: {known}.",
        "Unknown column. Known ones are: {known}.",
    ),
    "UNNAMED_COLUMN": (
        "La colonne {letter} contient des valeurs mais n'a pas de titre.",
        "العمود {letter} يحتوي على قيم لكن ليس له عنوان.",
        "Column {letter} has values but no title.",
    ),
    "DUPLICATE_COLUMN": (
        "Cette colonne est là deux fois.",
        "هذا العمود موجود مرتين.",
        "This column is there twice.",
    ),
    "MISSING_COLUMN": (
        "Il manque la colonne « {column} ».",
        "العمود «{column}» غير موجود.",
        "The column “{column}” is missing.",
    ),
    "WRONG_CURRENCY": (
        "Ce prix est en {given}, alors que le marché est en {expected}.",
        "هذا الثمن بعملة {given} بينما عملة السوق هي {expected}.",
        "This price is in {given}, but the market's currency is {expected}.",
    ),
    "REQUIRED": (
        "Cette case doit être remplie.",
        "يجب ملء هذه الخانة.",
        "This cell must be filled in.",
    ),
    "TOO_LONG": (
        "Ce texte est trop long : {limit} caractères au plus.",
        "هذا النص طويل جدا: {limit} حرف على الأكثر.",
        "This text is too long: at most {limit} letters.",
    ),
    "CELL_ERROR": (
        "Le tableur affiche une erreur dans cette case : {value}.",
        "يعرض الجدول خطأ في هذه الخانة: {value}.",
        "The spreadsheet shows an error in this cell: {value}.",
    ),
    "INVALID_PRICE": (
        "« {value} » n'est pas un prix. Écrivez par exemple 1 250,50.",
        "«{value}» ليس ثمنا. اكتب مثلا 1250,50.",
        "“{value}” is not a price. Write 1250.50, for example.",
    ),
    "PRICE_NOT_POSITIVE": (
        "Le prix doit être supérieur à zéro.",
        "يجب أن يكون الثمن أكبر من صفر.",
        "The price must be above zero.",
    ),
    "PRICE_TOO_HIGH": (
        "Ce prix est trop élevé. Vérifiez la virgule.",
        "هذا الثمن مرتفع جدا. تحقق من الفاصلة.",
        "This price is too high. Is the decimal mark where it should be?",
    ),
    "TOO_MANY_DECIMALS": (
        "Ce prix a trop de décimales pour la monnaie {currency} ({digits} au plus).",
        "هذا الثمن فيه أرقام عشرية أكثر مما تسمح به العملة {currency} ({digits} على الأكثر).",
        "This price has too many decimals for {currency} (at most {digits}).",
    ),
    "INVALID_STOCK": (
        "« {value} » n'est pas un nombre de pièces. Écrivez un nombre entier, par exemple 12.",
        "«{value}» ليس عدد قطع. اكتب عددا صحيحا، مثلا 12.",
        "“{value}” is not a number of pieces. Write a whole number, such as 12.",
    ),
    "INVALID_WEIGHT": (
        "« {value} » n'est pas un poids. Écrivez par exemple 350 g ou 1,2 kg.",
        "«{value}» ليس وزنا. اكتب مثلا 350 g أو 1,2 kg.",
        "“{value}” is not a weight. Write 350 g or 1.2 kg, for example.",
    ),
    "UNKNOWN_CATEGORY": (
        "La catégorie « {value} » n'existe pas.",
        "الفئة «{value}» غير موجودة.",
        "There is no category “{value}”.",
    ),
    "UNKNOWN_CATEGORY_SUGGESTION": (
        "La catégorie « {value} » n'existe pas. Vouliez-vous dire « {suggestion} » ?",
        "الفئة «{value}» غير موجودة. هل تقصد «{suggestion}»؟",
        "There is no category “{value}”. Did you mean “{suggestion}”?",
    ),
    "DUPLICATE_NAME": (
        "Ce nom est déjà à la ligne {row}.",
        "هذا الاسم موجود في السطر {row}.",
        "Row {row} has this name already.",
    ),
    "NAME_TAKEN": (
        "Vous avez déjà un produit de ce nom.",
        "لديك منتج بهذا الاسم.",
        "You have a product of this name already.",
    ),
    "PHOTO_MISSING": (
        "La photo « {value} » n'est pas dans l'archive.",
        "الصورة «{value}» غير موجودة في الأرشيف.",
        "The photo “{value}” is not in the archive.",
    ),
    "PHOTO_WITHOUT_ARCHIVE": (
        "La photo « {value} » n'a pas été envoyée : mettez la feuille et les photos dans une archive ZIP.",
        "الصورة «{value}» لم تُرسل: ضع الجدول والصور في أرشيف ZIP.",
        "The photo “{value}” was not sent: put the sheet and the photos into one ZIP archive.",
    ),
    "PHOTO_IS_A_LINK": (
        "Les liens ne sont pas suivis. Mettez la photo dans l'archive et son nom dans cette case.",
        "لا يتم فتح الروابط. ضع الصورة في الأرشيف واكتب اسمها في هذه الخانة.",
        "Links are not followed. Put the photo into the archive and its name into this cell.",
    ),
    "TOO_MANY_PHOTOS": (
        "Au plus {limit} photos par produit.",
        "{limit} صور على الأكثر لكل منتج.",
        "At most {limit} photos for a product.",
    ),
    "NOT_AN_IMAGE": (
        "« {value} » n'est pas une image, ou elle est abîmée.",
        "«{value}» ليست صورة، أو أنها تالفة.",
        "“{value}” is not a picture, or a damaged one.",
    ),
    "IMAGE_TOO_LARGE": (
        "La photo « {value} » est trop grande.",
        "الصورة «{value}» كبيرة جدا.",
        "The photo “{value}” is too large.",
    ),
}

CODES = tuple(_MESSAGES)


def message(code: str, language: str, **facts: object) -> str:
    """The message of a code; French for languages that we don't speak."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    return _MESSAGES[code][place].format(**facts)
